"""Does each kind of edit to one open scene.

Belongs here: which part of the engine an edit goes to, and what has to know of it afterwards.
Which edit is allowed when, and what is journalled, is decided in ``session``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from inspector.cloner.estimate import DryRun
from inspector.cloner.plan import ClonePlan
from inspector.errors import EditRefusedError
from inspector.fabric.defined_pose import follow_parents
from inspector.physics.backend import Progress
from inspector.session import mask_labels
from inspector.session.authorship import Authorship, put_authorship, read_authorship
from inspector.session.edits import (
    AttributeEdit,
    Edit,
    MaskEdit,
    PoseEdit,
    PrimEdit,
    ReplanEdit,
    RestoreEdit,
    SettingsEdit,
    StopApplyPlay,
    SyncEdit,
    XformEdit,
)
from inspector.session.foreign_edits import ForeignEdits
from inspector.session.pose_edits import apply_pose_edit
from inspector.session.publisher import Publisher
from inspector.session.scene_source import LiveScene
from inspector.session.scripted_edits import scripted_among
from inspector.session.settings import change_settings, check_change
from inspector.session.snapshot import PlayState
from inspector.session.sync_edits import RowSync
from inspector.session.usd_edits import UsdEditor


class SceneEditor:
    """Edits of one scene, from its opening to its closing.

    Args:
        live: The scene.
        publisher: Is told which environments have to be drawn again.
        refresh: Brings the tables up to date with the stage; is given what wrote to it.

    Attributes:
        mask: Who receives which source, painted and applied.
        foreign: What others moved while playing.
    """

    def __init__(
        self, live: LiveScene, publisher: Publisher, refresh: Callable[[str], None]
    ) -> None:
        sim = live.sim
        self._live, self._sim = live, sim
        self._publisher = publisher
        self._refresh = refresh
        self._usd = UsdEditor(live.stage, self._play_generation, self._repair_of)
        self._rows = RowSync(live.stage, self._usd)
        self.mask = mask_labels.mask_of(live.stage, sim.get_clone_plan())
        self.foreign = ForeignEdits(sim)
        self._appliers: dict[type[Edit], Callable[..., Edit]] = {
            MaskEdit: self.mask.paint,
            AttributeEdit: self._set_attribute,
            XformEdit: self._set_xform,
            PrimEdit: self._edit_prim,
            SettingsEdit: self._change_settings,
        }
        self._long: dict[type[Edit], Callable[..., Edit]] = {
            ReplanEdit: self._replan,
            PoseEdit: self._set_poses,
            SyncEdit: self._sync,
            RestoreEdit: self._restore,
        }

    def apply(self, edit: Edit, progress: Progress | None = None) -> Edit:
        """Apply an edit and return its inverse.

        Args:
            edit: The edit.
            progress: Reports and cancels cloning, and what authors many prims.

        Raises:
            EditRefusedError: The edit is not possible now.
            CancelledError: ``progress`` cancelled; the stage is as it was.
        """
        mark = self._sim.tables.clock.now
        if long := self._long.get(type(edit)):
            inverse = long(edit, progress)
        else:
            inverse = self._appliers[type(edit)](edit)
        if not isinstance(edit, SyncEdit):  # repairs move what they name
            follow_parents(self._sim.tables, self._sim.step_count, since=mark)
        return inverse

    def dry_run(self, edit: ReplanEdit) -> DryRun:
        """Estimate what applying an edit would do; nothing is authored.

        Raises:
            EditRefusedError: The edit would be refused.
        """
        plan = self._plan()
        try:
            return self._live.dry_run(self.mask.after(edit), plan)
        except (ValueError, TypeError) as error:
            raise EditRefusedError(str(error)) from error

    def lasting_form(self, edit: Edit, inverse: Edit) -> Edit:
        """Return what a replay needs: it knows no Fabric that could be written back."""
        if isinstance(edit, RestoreEdit) and edit.scripted:
            return replace(edit, scripted="")
        if isinstance(edit, PoseEdit) and isinstance(inverse, RestoreEdit) and inverse.scripted:
            return RestoreEdit(edit.text)
        if not isinstance(edit, SyncEdit) or not isinstance(inverse, RestoreEdit) or inverse.play:
            return edit  # what was done while playing is never replayed
        return self._rows.authored

    def before_stop(self, edit: Edit) -> Edit:
        """Return what an edit has to be when the simulation stops before it is applied.

        What can be refused is refused here, because a stop ends the run and its recording.

        Args:
            edit: The edit.

        Raises:
            EditRefusedError: It is not possible.
        """
        if self._sim.state is not PlayState.STOPPED:
            self._check_before_stop(edit)
        return self._rows.before_stop(edit, self._sim.tables)

    def _check_before_stop(self, edit: Edit) -> None:
        if isinstance(edit, ReplanEdit):
            self.dry_run(edit)
        elif isinstance(edit, PrimEdit):
            self._usd.check_prim(edit, self._sim.require_run("check an edit").edit_layer)
        elif isinstance(edit, SettingsEdit):
            check_change(edit, self._sim)
        elif isinstance(edit, RestoreEdit):
            self._check_run(edit, 0)

    def _check_run(self, edit: RestoreEdit, play: int) -> None:
        """Refuse to put back what another run had.

        Args:
            edit: What to put back.
            play: The play generation, 0 while stopped.

        Raises:
            EditRefusedError: It belongs to another run.
        """
        if edit.play != play:
            raise EditRefusedError(
                f"'{edit.label}' belongs to another run of the simulation and is not undone.",
                todo="Stop first." if edit.play == 0 else "It is gone since stop.",
                offer=StopApplyPlay.kind if edit.play == 0 else "",
            )

    def _repair_of(self, path: str) -> str:
        """Return what to do about a path that USD does not know, empty where Fabric has none."""
        tables = self._sim.tables
        if tables.prims.find(path) >= 0:
            return "Edit its source, or paint another source for it."
        return "Write it back to USD first." if scripted_among(tables, (path,)) else ""

    def _plan(self) -> ClonePlan:
        plan = self._sim.get_clone_plan()
        if plan is None:
            raise EditRefusedError("This scene has no clone plan.", todo="Clone something first.")
        return plan

    def _play_generation(self) -> int:
        return 0 if self._sim.state is PlayState.STOPPED else self._sim.play_generation

    def _replan(self, edit: ReplanEdit, progress: Progress | None) -> ReplanEdit:
        plan, mask = self._plan(), self.mask
        wanted = mask.after(edit)
        changed = frozenset((wanted != mask.applied).any(axis=0).nonzero()[0].tolist())
        if changed:
            try:
                plan = self._live.replan(wanted, plan, progress)
            except (ValueError, TypeError) as error:
                raise EditRefusedError(str(error)) from error
            self._publisher.redraw(changed)
        return mask.apply(edit, wanted, plan.sources)

    def _set_attribute(self, edit: AttributeEdit) -> Edit:
        return self._author(edit, lambda: self._usd.set_attribute(edit))

    def _set_xform(self, edit: XformEdit) -> Edit:
        return self._author(edit, lambda: self._usd.set_xform(edit))

    def _set_poses(self, edit: PoseEdit, progress: Progress | None) -> Edit:
        return self._author(edit, lambda: apply_pose_edit(edit, self._sim, self._usd, progress))

    def _edit_prim(self, edit: PrimEdit) -> Edit:
        return self._author(edit, lambda: self._usd.edit_prim(edit))

    def _sync(self, edit: SyncEdit, progress: Progress | None) -> Edit:
        sim, rows = self._sim, self._rows
        return self._author(edit, lambda: rows.apply(edit, sim.tables, sim.step_count, progress))

    def _change_settings(self, edit: SettingsEdit) -> SettingsEdit:
        return change_settings(edit, self._sim)

    def _restore(self, edit: RestoreEdit, progress: Progress | None) -> Edit:
        self._check_run(edit, self._play_generation())
        return self._author(edit, lambda: self._rows.restore(edit, self._sim.tables, progress))

    def _author(self, edit: Edit, work: Callable[[], Edit]) -> Edit:
        """Author USD as our own edit and let the tables know what did it."""
        tables = self._sim.tables
        authored = read_authorship(edit.authored) if isinstance(edit, RestoreEdit) else {}
        before = Authorship.of(tables)
        with tables.listener.ours():
            inverse = work()
        self._refresh(edit.text)
        self.foreign.remember()
        if isinstance(inverse, RestoreEdit):
            inverse = replace(inverse, authored=before.packed(tables))
        if isinstance(edit, RestoreEdit):
            self._rows.put(edit, tables)
            put_authorship(tables, authored)
        return inverse
