"""The session: the one mutable owner of a scene, driven by values and answering with values.

Belongs here: which edit is allowed when, what is journalled, and the message log. How an edit is
done is in ``scene_editor``; what is published in ``publisher``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import platformdirs

from inspector.cloner.estimate import DryRun
from inspector.errors import EditRefusedError, StageError
from inspector.fabric.defined_prims import defined_paths
from inspector.physics.backend import Progress
from inspector.session import foreign_edits, proposals, recovery, scene_source
from inspector.session.between_plays import apply_between_plays
from inspector.session.edits import (
    Edit,
    MaskEdit,
    ReplanEdit,
    SettingsEdit,
    StopApplyPlay,
)
from inspector.session.journal import Journal, SceneOrigin, read_journal
from inspector.session.known_files import KnownFiles
from inspector.session.prim_details import describe
from inspector.session.publisher import Labels, Publisher
from inspector.session.recovery import Recovery
from inspector.session.scene_editor import SceneEditor
from inspector.session.scene_source import LiveScene
from inspector.session.session_time import SessionTime
from inspector.session.settings import change_settings
from inspector.session.snapshot import (
    Message,
    PlayState,
    PrimDetails,
    SceneSnapshot,
    Tolerance,
    TransformTable,
)
from inspector.session.timeline import Timeline
from inspector.usd.stage import close_stage, save_stage, use_stage

_MAX_MESSAGES = 1000


class Session(SessionTime):
    """Owns the open scene; not thread-safe, belongs to the core thread.

    Args:
        journal_dir: Where the journal of edits goes; ``None`` means the user's state folder.
        settings: What every scene that is opened starts with.
    """

    def __init__(
        self, journal_dir: Path | None = None, settings: SettingsEdit | None = None
    ) -> None:
        super().__init__()
        self._settings = settings
        self._journal_dir = journal_dir or platformdirs.user_state_path("scene-inspector", False)
        self._known = KnownFiles(self._journal_dir / "known-files")
        self._journal: Journal | None = None
        self._tolerance = Tolerance()
        self._offers = foreign_edits.SettledOffers()
        self._edited = False
        self._overlays: tuple[frozenset[str], int] = (frozenset(), -1)

    # Scenes ----------------------------------------------------------------------------------

    def new_demo(
        self,
        num_envs: int = 64,
        seed: int = 0,
        progress: Progress | None = None,
        *,
        clone_in_fabric: bool = False,
    ) -> None:
        """Replace the scene by the demo scene.

        Args:
            num_envs: Number of environments.
            seed: Chooses who receives which object; the same seed gives the same scene.
            progress: Reports and cancels.
            clone_in_fabric: Clone into Fabric rows instead of USD prims.

        Raises:
            StageError: ``num_envs`` is below 1.
            CancelledError: ``progress`` cancelled; the previous scene stays open.
        """
        make = partial(scene_source.new_demo, clone_in_fabric=clone_in_fabric)
        self._open(lambda: make(num_envs, seed, progress))

    def open_file(
        self, path: Path | str, num_envs: int | None = None, progress: Progress | None = None
    ) -> None:
        """Replace the scene by a USD file.

        Args:
            path: The file.
            num_envs: Clone its default prim into so many environments, when it has none itself.
            progress: Reports and cancels.

        Raises:
            StageError: The file cannot be opened; the previous scene stays open.
            CancelledError: ``progress`` cancelled; the previous scene stays open.
        """
        self._open(lambda: scene_source.open_file(Path(path), num_envs, progress, self._known))

    def save(self, path: Path | str) -> None:
        """Write the scene to a file, all of it or nothing; what is playing is not part of it.

        Raises:
            StageError: The file cannot be written, its name is no USD name, or it is a file that
                the scene is made from.
        """
        live = self._scene
        scene_source.check_not_referenced(live.stage, Path(path))
        try:
            with use_stage(live.stage):
                save_stage(path, save_and_reload_in_place=False)
        except ValueError as error:
            raise StageError(str(error), where=str(path)) from error
        if live.sim.state is PlayState.STOPPED:
            self._refresh()
            self._known.remember(live.stage, Path(path), live.sim.tables)
        live.file = Path(path)
        live.origin = SceneOrigin(str(Path(path).absolute()))
        self._edited = False
        defined = defined_paths(live.sim.tables)
        self._tell(*scene_source.left_out_of_file(live.stage, defined))
        self._start_journal(discard=True)

    def close(self) -> None:
        """Close the scene and free everything; doing so twice is harmless."""
        live, self._live = self._live, None
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if live is not None:
            live.close()
            type(live.sim).clear_instance()
            close_stage()

    # Edits -----------------------------------------------------------------------------------

    def apply(self, edit: Edit, progress: Progress | None = None) -> Edit:
        """Apply an edit and return its inverse; the journal has it when this returns.

        Args:
            edit: The edit.
            progress: Reports and cancels cloning, and what authors many prims.

        Raises:
            EditRefusedError: The edit is not possible now; ``offer`` may say how it would be.
            CancelledError: ``progress`` cancelled; the stage is as it was.
            StageError: There is no scene, or the journal cannot be written.
        """
        live = self._scene
        if isinstance(edit, StopApplyPlay):
            edit = StopApplyPlay(self._editor.before_stop(edit.edit))
            return apply_between_plays(edit, self, self._tell, progress)
        stopped = live.sim.state is PlayState.STOPPED
        if edit.structural and not stopped:
            raise EditRefusedError(
                f"{edit.text} needs the physics to stop.",
                todo="Stop, apply, play.",
                offer=StopApplyPlay.kind,
            )
        if not stopped and not isinstance(edit, MaskEdit):
            self._timeline.check_editable(edit.text)
        # What somebody else did until now is not part of this edit.
        self._refresh()
        inverse = self._editor.apply(edit, progress)
        # Settings of the simulation are not part of the file.
        self._edited |= stopped and not isinstance(edit, SettingsEdit)
        self._messages = self._offers.after(self._messages, edit, inverse)
        if self._journal is not None:
            self._journal.append(self._editor.lasting_form(edit, inverse), lasting=stopped)
        return inverse

    def assign(self, strategy: str = "random", seed: int = 0) -> MaskEdit:
        """Return the edit that paints what a clone strategy would choose.

        Raises:
            EditRefusedError: There is no such strategy, or nothing to assign.
        """
        _ = self._scene
        mask = self._editor.mask
        return mask.proposal(proposals.assigned(mask, strategy, seed))

    def dry_run(self, edit: ReplanEdit) -> DryRun:
        """Estimate what applying an edit would do; nothing is authored.

        Raises:
            EditRefusedError: The edit would be refused.
        """
        _ = self._scene
        return self._editor.dry_run(edit)

    def replay(self, journal: Path, progress: Progress | None = None) -> None:
        """Open the scene of a journal and apply its lasting edits again.

        Args:
            journal: The journal.
            progress: Reports and cancels.

        Raises:
            StageError: The journal or its scene cannot be read.
            CancelledError: ``progress`` cancelled.
        """
        origin, entries = read_journal(journal)
        if origin.file:
            self.open_file(origin.file, origin.num_envs, progress)
        else:
            count, in_fabric = origin.num_envs or 1, origin.clone_in_fabric
            self.new_demo(count, origin.seed, progress, clone_in_fabric=in_fabric)
        for entry in entries:
            if entry.lasting:
                self.apply(entry.edit, progress)

    # Recovery --------------------------------------------------------------------------------

    def recoverable(self) -> Recovery | None:
        """Return the edits that the last crashed session left behind, ``None`` for none."""
        recovery.prune(self._journals)
        return recovery.find_recovery(self._journals)

    def recover(self, progress: Progress | None = None) -> str:
        """Make the scene of the last crashed session again, edits included.

        Args:
            progress: Reports and cancels; the edits can then still be recovered.

        Returns:
            File that the scene is saved to, empty when it is in none.

        Raises:
            StageError: There is nothing to recover, or its scene cannot be read.
            CancelledError: ``progress`` cancelled.
        """
        found = self.recoverable()
        if found is None:
            raise StageError("There are no edits to recover.", todo="Go on with this scene.")
        self.replay(found.path, progress)
        recovery.discard(found.path)
        return str(self._scene.file or "")

    def discard_recovery(self) -> None:
        """Do not offer the edits of the last crashed session again."""
        found = self.recoverable()
        if found is not None:
            recovery.discard(found.path)

    @property
    def _journals(self) -> Path:
        return self._journal_dir / "journals"

    # Answers ---------------------------------------------------------------------------------

    def snapshot(self) -> SceneSnapshot:
        """Publish the scene; parts that did not change are the same objects as before.

        Raises:
            StageError: There is no scene.
        """
        live = self._scene
        self._refresh()
        labels = Labels(
            mask=self._editor.mask.table(),
            messages=self._messages,
            tolerance=self._tolerance,
            file_name=str(live.file or ""),
            dirty=self._edited,
            physics_time=self._timeline.physics_time,
            recorded=self._timeline.recorded,
        )
        self._timeline.before_publishing()
        return self._publisher.publish(labels)

    def inspect(self, path: str) -> PrimDetails:
        """Describe one prim.

        Raises:
            StageError: There is no scene or no such prim.
        """
        live = self._scene
        return describe(live.stage, path, live.sim.tables, self._publisher.last)

    def set_tolerance(self, tolerance: Tolerance) -> None:
        """Set the tolerance behind the stale reasons."""
        self._tolerance = tolerance

    def show_overlays(self, names: Collection[str], env_id: int = -1) -> None:
        """Publish these parts of ``SceneSnapshot.overlay`` from now on.

        Args:
            names: Names in ``overlay_table``.
            env_id: Environment whose contacts are wanted; -1 for all.

        Raises:
            ValueError: There is no such part.
        """
        self._overlays = frozenset(names), env_id
        if self._live is not None:
            self._publisher.overlays.show(*self._overlays)

    # Parts -----------------------------------------------------------------------------------

    @property
    def _scene(self) -> LiveScene:
        if self._live is None:
            raise StageError("There is no scene.", todo="Open a file or make a new demo scene.")
        return self._live

    def _open(self, make: Callable[[], LiveScene]) -> None:
        live = scene_source.exchange(lambda: self._with_settings(make()), self._live)
        self._live = live
        self._publisher = Publisher(live.sim)
        self._editor = SceneEditor(live, self._publisher, self._refresh)
        self._publisher.overlays.show(*self._overlays)
        self._publisher.prepare()
        publisher = self._publisher
        compared = partial(self._compared, publisher)
        redraw = partial(publisher.redraw, None)
        self._keep_time(Timeline(live.sim, compared, self._tell, redraw, self._refresh))
        self._messages = live.messages[-_MAX_MESSAGES:]
        self._edited = live.file is None
        self._start_journal(discard=False)

    def _with_settings(self, live: LiveScene) -> LiveScene:
        if self._settings is not None:
            change_settings(self._settings, live.sim)
        return live

    def _start_journal(self, *, discard: bool) -> None:
        if self._journal is not None:
            self._journal.close(discard=discard)
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        name = f"{stamp}-{os.getpid()}.jsonl"
        self._journal = Journal(self._journals / name, self._scene.origin)

    def _compared(self, publisher: Publisher) -> TransformTable:
        return publisher.compared(self._tolerance)

    def _tell(self, *messages: Message) -> None:
        if messages:
            # What is said at every play is said once, where it was said last.
            said = {(message.code, message.path, message.text) for message in messages}
            before = (m for m in self._messages if (m.code, m.path, m.text) not in said)
            self._messages = (*before, *messages)[-_MAX_MESSAGES:]

    def _refresh(self, author: str = "") -> None:
        """Bring the tables up to date with the stage and tell of what others moved."""
        sim = self._scene.sim
        stopped = sim.state is PlayState.STOPPED
        found = sim.refresh_tables(author)
        if found.prims or found.drawn:
            self._publisher.redraw(found.env_ids)
        if stopped:
            self._messages = tuple(m for m in self._messages if m.code not in foreign_edits.CODES)
            self._offers.forget()
            return
        if found.foreign:
            self._tell(*self._editor.foreign.messages(found.foreign))
        if found.appeared and not author:
            self._tell(foreign_edits.PRIMS)
