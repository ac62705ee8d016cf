"""Where the scene of a session comes from: the demo, a robot file to clone, or a stage as it is.

A new scene is made beside the old one and takes its place when it is complete, so that a file
that cannot be opened changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pxr import Usd

from inspector.cloner import dry_run_difference, replicate_difference
from inspector.cloner.estimate import DryRun
from inspector.cloner.plan import ClonePlan
from inspector.cloner.replication import check_writable
from inspector.errors import StageError
from inspector.physics.backend import Progress
from inspector.scene.demo import build_demo
from inspector.scene.interactive_scene import InteractiveScene
from inspector.scene.robot_file import build_from_file
from inspector.session.journal import SceneOrigin
from inspector.session.known_files import KnownFiles
from inspector.session.snapshot import Message, PlayState, Severity
from inspector.session.stored_plan import store_plan, stored_plan
from inspector.session.time_samples import moving_in_time
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.prim_scan import DEFAULT_ENV_ROOT
from inspector.usd.stage import (
    attach_stage_to_usd_context,
    close_stage,
    create_new_stage,
    get_context_stage,
    open_stage,
    use_stage,
)
from inspector.usd.unauthored import clones_of

_MAX_COMPOSITION_ERRORS = 100
_SECONDS_PER_ROW = 2e-6  # all rows are taken over into the new tables, whatever has changed


@dataclass
class LiveScene:
    """A scene that is open.

    Attributes:
        sim: Its simulation.
        origin: What it was made from.
        scene: The scene that authored it, ``None`` for a stage that was opened as it is.
        file: File that it is saved to, ``None`` before the first save.
        messages: What is worth telling about opening it.
    """

    sim: SimulationContext
    origin: SceneOrigin
    scene: InteractiveScene | None = None
    file: Path | None = None
    messages: tuple[Message, ...] = ()

    @property
    def stage(self) -> Usd.Stage:
        """The stage."""
        return self.sim.stage

    def read(self) -> None:
        """Read prims and transforms now, while the caller shows that it is busy."""
        _ = self.sim.tables

    def replan(
        self, mask: NDArray[np.bool_], plan: ClonePlan, progress: Progress | None
    ) -> ClonePlan:
        """Clone and remove until the stage has a mask.

        Args:
            mask: The mask, shape [s, e].
            plan: What is on the stage.
            progress: Reports and cancels.

        Returns:
            The plan that holds now.
        """
        wanted = torch.from_numpy(mask.copy())
        if self.scene is not None:
            new = self.scene.replan(wanted, progress)
        else:
            changed = (plan.clone_mask != wanted).any(dim=0).nonzero().flatten().tolist()
            with use_stage(self.stage), self.sim.tables.listener.muted():
                after = replace(plan, clone_mask=wanted)
                new = replicate_difference(self.stage, plan, after, progress)
            self.sim.change_clone_plan(new, changed)
        store_plan(self.stage.GetRootLayer(), new)
        return new

    def dry_run(self, mask: NDArray[np.bool_], plan: ClonePlan) -> DryRun:
        """Estimate ``replan`` with the same arguments; nothing is authored.

        Raises:
            StageError: The root layer cannot be edited, and not because physics runs: then the
                simulation stops before clones are written.
        """
        if self.sim.state is PlayState.STOPPED:
            check_writable(self.stage)
        wanted = torch.from_numpy(mask.copy())
        if self.scene is not None:
            found = self.scene.dry_run(wanted)
        else:
            found = dry_run_difference(self.stage, plan, replace(plan, clone_mask=wanted))
        again = _SECONDS_PER_ROW * len(self.sim.fabric.world)
        return replace(found, seconds=found.seconds + again)

    def close(self) -> None:
        """Stop and forget the scene."""
        self.sim.stop()
        self.sim.invalidate_tables()


def new_demo(
    num_envs: int, seed: int, progress: Progress | None, *, clone_in_fabric: bool = False
) -> LiveScene:
    """Build the demo scene on a new stage.

    Args:
        num_envs: Number of environments.
        seed: Chooses who receives which object.
        progress: Reports and cancels.
        clone_in_fabric: Clone into Fabric rows instead of USD prims.

    Raises:
        StageError: The number of environments is below 1.
    """
    if num_envs < 1:
        raise StageError(
            f"A scene needs at least one environment, got {num_envs}.", todo="Ask for 1 or more."
        )
    create_new_stage()
    scene = build_demo(num_envs, seed, progress, clone_in_fabric=clone_in_fabric)
    origin = SceneOrigin(num_envs=num_envs, seed=seed, clone_in_fabric=clone_in_fabric)
    live = LiveScene(scene.sim, origin, scene)
    store_plan(live.stage.GetRootLayer(), scene.clone_plan)
    return live


def open_file(
    path: Path, num_envs: int | None, progress: Progress | None, known: KnownFiles
) -> LiveScene:
    """Open a USD file, cloned to ``num_envs`` environments when it has none of its own.

    Args:
        path: The file.
        num_envs: Number of environments, ``None`` opens the file as it is.
        progress: Reports and cancels.
        known: Files that need not be compared clone by clone.

    Raises:
        StageError: The file is missing, not USD or damaged, or the number is below 1.
    """
    if num_envs is not None and num_envs < 1:
        raise StageError(
            f"A scene needs at least one environment, got {num_envs}.", todo="Ask for 1 or more."
        )
    if progress is not None:
        progress(0, 1, f"Opening {path.name}")
    stage = open_stage(path)
    broken = (*_composition_errors(stage), *moving_in_time(stage))
    own = environments_of(stage)
    origin = SceneOrigin(str(path), num_envs)
    if num_envs is not None and not own:
        scene = build_from_file(path, num_envs, progress=progress)
        store_plan(scene.stage.GetRootLayer(), scene.clone_plan)
        return LiveScene(scene.sim, origin, scene, messages=broken)
    sim = SimulationContext(SimulationCfg())
    live = LiveScene(sim, origin, file=path, messages=broken)
    plan = stored_plan(stage.GetRootLayer())
    if plan is not None:
        # Anybody may have edited the file: believe the prims, not the plan.
        irregular = known.irregular_envs(stage)
        sim.set_clone_plan(plan, irregular_envs=own if irregular is None else irregular)
    if num_envs is not None and num_envs != len(own):
        text = f"{path.name} has {len(own)} environments of its own; {num_envs} were asked for."
        live.messages += (Message(Severity.WARNING, text, code="environments-kept"),)
    return live


def exchange(make: Callable[[], LiveScene], old: LiveScene | None) -> LiveScene:
    """Make a scene in the place of another one, which survives a failure.

    Args:
        make: Makes the new scene.
        old: The scene until now.

    Returns:
        The new scene.
    """
    context = SimulationContext.exchange_instance(None)
    stage = get_context_stage()
    try:
        live = make()
        live.read()
    except BaseException:
        SimulationContext.clear_instance()
        SimulationContext.exchange_instance(context)
        _show(stage)
        raise
    if old is not None:
        old.close()
    return live


def environments_of(stage: Usd.Stage) -> tuple[int, ...]:
    """Return the env ids that a stage has where scenes put them."""
    parent, _, name = DEFAULT_ENV_ROOT.rpartition("/")
    above = stage.GetPrimAtPath(parent)
    pattern = re.compile(name.replace("{}", r"(\d+)"))
    names = above.GetAllChildrenNames() if above else ()
    matches = (pattern.fullmatch(str(name)) for name in names)
    return tuple(int(match.group(1)) for match in matches if match)


def left_out_of_file(stage: Usd.Stage, defined: Sequence[str] = ()) -> tuple[Message, ...]:
    """Return what to tell of a stage that was saved and that a file cannot hold.

    Args:
        stage: The stage.
        defined: Paths of prims that scripts defined in Fabric.
    """
    told: list[Message] = []
    clones = clones_of(stage)
    if clones is not None:
        text = (
            f"{len(clones):,} prims of clones exist in Fabric only and are not in the file. Clone "
            "into USD to save them."
        )
        told.append(Message(Severity.WARNING, text, code="clones-not-saved"))
    if defined:
        more = len(defined) - 1
        others = f", nor {'is' if more == 1 else 'are'} {more:,} more" if more else ""
        text = (
            f"{defined[-1]} exists in Fabric only, where a script defined it, and is not in the "
            f"file{others}. Write such prims back to USD to save them."
        )
        told.append(Message(Severity.WARNING, text, defined[-1], code="scripted-not-saved"))
    return tuple(told)


def check_not_referenced(stage: Usd.Stage, path: Path) -> None:
    """Refuse to save a scene over one of the files that it is made from.

    Raises:
        StageError: The stage refers to the file.
    """
    target = path.resolve()
    for layer in stage.GetUsedLayers():
        is_root = layer == stage.GetRootLayer()
        if not is_root and layer.realPath and Path(layer.realPath) == target:
            raise StageError(
                f"The scene refers to '{path.name}' and cannot be saved over it.",
                where=str(path),
                todo="Choose another name.",
            )


def _composition_errors(stage: Usd.Stage) -> tuple[Message, ...]:
    """Return what a stage refers to and does not find, one message each."""
    errors: list[Any] = stage.GetCompositionErrors()  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
    messages = tuple(
        Message(
            Severity.WARNING,
            _sentence(str(error)),
            path=str(error.rootSite.path),
            code="composition",
        )
        for error in errors[:_MAX_COMPOSITION_ERRORS]
    )
    more = len(errors) - len(messages)
    if more > 0:
        text = f"{more:,} more references, payloads or sublayers cannot be resolved."
        messages += (Message(Severity.WARNING, text, code="composition"),)
    return messages


def _sentence(text: str) -> str:
    """Return USD's own words without the marks that it puts around file names."""
    what = re.sub(r"@([^@]*)@", r"\1", text.strip().splitlines()[0]).rstrip(".")
    return f"{what}. Repair the reference or bring back what it names."


def _show(stage: Usd.Stage | None) -> None:
    if stage is None:
        close_stage()
        return
    with use_stage(stage):
        attach_stage_to_usd_context()
