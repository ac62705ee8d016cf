"""Edits that author USD, each with the inverse that brings the layer's text back.

Belongs here: attributes, transforms and prims at the stage's edit target. Who may edit when, and
what happens to the tables, is decided by the session.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from pxr import Sdf, Tf, Usd, UsdGeom

from inspector.errors import EditRefusedError
from inspector.physics.backend import Progress
from inspector.session.edits import AttributeEdit, PrimEdit, RestoreEdit, XformEdit
from inspector.session.layer_patch import capture, flag_before, put_flag, restore
from inspector.session.passes import Told, passes
from inspector.session.usd_values import to_usd, type_named
from inspector.usd.transforms import plain_ops, pose_types, standardize_xform_ops
from inspector.usd.unauthored import clones_of

_XFORM_OPS = ("xformOp:translate", "xformOp:orient", "xformOp:scale", "xformOpOrder")


class UsdEditor:
    """Authors edits on one stage.

    Args:
        stage: Stage to edit, at its edit target.
        play: Returns the play generation, 0 while stopped.
        in_fabric: What to do about a path that USD does not know; empty where Fabric has no prim.
    """

    def __init__(
        self,
        stage: Usd.Stage,
        play: Callable[[], int],
        in_fabric: Callable[[str], str] = lambda _: "",
    ) -> None:
        self._stage = stage
        self._play = play
        self._in_fabric = in_fabric

    @property
    def _layer(self) -> Sdf.Layer:
        return self._stage.GetEditTarget().GetLayer()

    @property
    def stopped(self) -> bool:
        """Whether there is no physics, so that Fabric follows USD."""
        return self._play() == 0

    def set_attribute(self, edit: AttributeEdit) -> RestoreEdit:
        """Author or clear one attribute.

        Raises:
            EditRefusedError: The prim or the attribute does not exist, or the value does not fit.
        """
        prim = self.editable(edit.path)
        attribute = prim.GetAttribute(edit.name)
        type_name = attribute.GetTypeName() if attribute else type_named(edit.type_name)
        if not type_name or not Sdf.Path.IsValidNamespacedIdentifier(edit.name):
            raise EditRefusedError(
                f"{edit.path} has no attribute '{edit.name}'.",
                where=edit.path,
                todo="Name a type to create it.",
            )
        try:
            value = None if edit.value is None else to_usd(edit.value, type_name)
        except ValueError as error:
            raise EditRefusedError(f"{edit.name}: {error}", where=edit.path) from error
        inverse = self.inverse(edit.text, [f"{edit.path}.{edit.name}"])
        if value is None:
            self._clear(edit.path, edit.name)
        else:
            attribute = attribute or prim.CreateAttribute(edit.name, type_name)
            attribute.Set(value)
        return inverse

    def set_xform(self, edit: XformEdit) -> RestoreEdit:
        """Author the local pose of a prim.

        Raises:
            EditRefusedError: The prim does not exist or has no transform, or a number is not
                finite.
        """
        prim = self.editable(edit.path)
        if not prim.IsA("Xformable"):
            raise EditRefusedError(f"{edit.path} has no transform.", where=edit.path)
        inverse = self.inverse(edit.text, xform_specs(prim))
        try:
            standardize_xform_ops(prim, edit.translation, edit.quat_xyzw, edit.scale)
        except ValueError as error:
            raise EditRefusedError(str(error), where=edit.path) from error
        return inverse

    def edit_prim(self, edit: PrimEdit) -> PrimEdit | RestoreEdit:
        """Delete, restore, activate, deactivate, show, hide or (un)share a prim.

        Raises:
            EditRefusedError: The prim does not exist, or something else keeps it as it is.
        """
        actions: dict[str, Callable[[PrimEdit], PrimEdit | RestoreEdit]] = {
            "delete": self._delete,
            "restore": self._restore,
            "activate": self._set_active,
            "deactivate": self._set_active,
            "show": self._set_visible,
            "hide": self._set_visible,
            "unshare": self._set_shared,
            "share": self._set_shared,
        }
        self.check_prim(edit)
        return actions[edit.action](edit)

    def check_prim(self, edit: PrimEdit, layer: Sdf.Layer | None = None) -> None:
        """Refuse what ``edit_prim`` would refuse; nothing is authored.

        Args:
            edit: The edit.
            layer: Layer that it would be authored in after a stop, which takes away what the
                present one has; ``None`` for the present one.

        Raises:
            EditRefusedError: The prim does not exist, or something else keeps it as it is.
        """
        checks: dict[str, Callable[[Usd.Prim, PrimEdit], None]] = {
            "delete": partial(self._check_delete, layer or self._layer),
            "activate": self._check_active,
            "deactivate": self._check_active,
            "show": _check_visible,
            "hide": _check_visible,
            "unshare": _check_shared,
            "share": _check_shared,
        }
        if edit.action in checks:
            checks[edit.action](self.editable(edit.path), edit)
        elif edit.action != "restore":
            raise EditRefusedError(f"There is no action '{edit.action}'.", where=edit.path)

    def restore(self, edit: RestoreEdit, progress: Progress | None = None) -> RestoreEdit:
        """Put specs back; the inverse puts back what is there now.

        Args:
            edit: What to put back.
            progress: Reports and cancels.

        Raises:
            CancelledError: ``progress`` cancelled; the layer is as it was.
        """
        first, second = passes(progress, edit.label, len(edit.paths), 2)
        inverse = self.inverse(edit.label, edit.paths, told=first)
        if edit.paths:
            with self.all_or_nothing(inverse):
                restore(self._layer, edit.paths, edit.specs, second)
        return inverse

    def add(self, edit: RestoreEdit) -> None:
        """Put specs that the layer does not have; the caller keeps what takes them back."""
        restore(self._layer, edit.paths, edit.specs)

    def inverse(
        self, label: str, paths: Sequence[str], rows: str = "", told: Told | None = None
    ) -> RestoreEdit:
        """Return the edit that brings specs back to what they are now.

        Args:
            label: Its text.
            paths: Paths of the specs.
            rows: Fabric rows as they are, packed.
            told: Is told how far it is; may cancel.

        Raises:
            CancelledError: ``told`` cancelled.
        """
        specs = capture(self._layer, paths, told) if paths else ""
        return RestoreEdit(label, tuple(paths), specs, rows, self._play())

    @contextmanager
    def all_or_nothing(self, inverse: RestoreEdit) -> Generator[None]:
        """Take back what is authored inside when it ends early.

        Args:
            inverse: Puts back what is authored inside.

        Raises:
            BaseException: Whatever ended it, a cancel for one; the layer is as it was.
        """
        try:
            yield
        except BaseException:
            restore(self._layer, inverse.paths, inverse.specs)
            raise

    def editable(self, path: str) -> Usd.Prim:
        """Return a prim that may be edited.

        Raises:
            EditRefusedError: There is none, or it is shared by instances.
        """
        prim = self._stage.GetPrimAtPath(path) if Sdf.Path.IsValidPathString(path) else None
        if not prim or prim.IsPseudoRoot():
            if todo := self._in_fabric(path):
                raise EditRefusedError(
                    f"{path} exists in Fabric only and has nothing to edit in USD.",
                    where=path,
                    todo=todo,
                )
            raise EditRefusedError(f"There is no prim {path}.", where=path)
        if reason := locked(prim):
            raise EditRefusedError(reason, where=path)
        return prim

    def plain_ops(
        self, prim: Usd.Prim, values: Sequence[Sequence[float] | None]
    ) -> list[tuple[Sdf.AttributeSpec, Any]] | None:
        """Return which ops of a prim get which values, when nothing else has to be authored.

        Args:
            prim: A prim with a transform.
            values: Translation, orientation (xyzw) and scale; None for what stays.

        Returns:
            Specs in the edited layer and their values; ``None`` for a prim whose ops are not
            translate, orient and scale in this layer.
        """
        root, session = self._stage.GetRootLayer(), self._stage.GetSessionLayer()
        if self._layer != root or (session and session.GetPrimAtPath(prim.GetPath())):
            return None  # something stronger may say otherwise
        return plain_ops(prim.GetPath(), root, values)

    def _clear(self, path: str, name: str) -> None:
        owner = self._layer.GetPrimAtPath(path)
        spec = owner.properties.get(name) if owner else None
        if owner and spec:
            owner.RemoveProperty(spec)

    def _check_delete(self, layer: Sdf.Layer, prim: Usd.Prim, edit: PrimEdit) -> None:
        own = (layer, self._layer)
        foreign = [spec.layer for spec in prim.GetPrimStack() if spec.layer not in own]
        if foreign or not layer.GetPrimAtPath(edit.path):
            place = foreign[0].GetDisplayName() if foreign else "a reference"
            raise EditRefusedError(
                f"{edit.path} comes from {place} and cannot be deleted here.",
                where=edit.path,
                todo="Deactivate it instead.",
            )
        self._keep_sources(edit.path)

    def _delete(self, edit: PrimEdit) -> PrimEdit:
        payload = capture(self._layer, [edit.path])
        self._stage.RemovePrim(edit.path)
        return PrimEdit(edit.path, "restore", payload)

    def _restore(self, edit: PrimEdit) -> PrimEdit:
        try:
            restore(self._layer, [edit.path], edit.payload)
        except (Tf.ErrorException, KeyError, ValueError) as error:
            raise EditRefusedError(
                f"{edit.path} cannot be restored: its old content is damaged.", where=edit.path
            ) from error
        return PrimEdit(edit.path, "delete")

    def _check_active(self, prim: Usd.Prim, edit: PrimEdit) -> None:
        wanted = edit.action == "activate"
        if prim.IsActive() == wanted:
            word = "active" if wanted else "inactive"
            raise EditRefusedError(f"{edit.path} is {word} already.", where=edit.path)
        if not wanted:
            self._keep_sources(edit.path)

    def _set_active(self, edit: PrimEdit) -> PrimEdit:
        prim, wanted = self.editable(edit.path), edit.action == "activate"
        before = flag_before(self._layer, edit.path, "active")
        if edit.payload:
            self._put_flag(edit, "active")
        elif wanted:
            # Without an opinion it is active again, unless a weaker layer says otherwise.
            prim.ClearActive()
        if prim.IsActive() != wanted:
            prim.SetActive(wanted)
        return PrimEdit(edit.path, "deactivate" if wanted else "activate", before)

    def _put_flag(self, edit: PrimEdit, field: str) -> None:
        try:
            put_flag(self._layer, edit.path, field, edit.payload)
        except (ValueError, TypeError) as error:
            raise EditRefusedError(
                f"{edit.path} cannot be brought back: what was said of it is damaged.",
                where=edit.path,
            ) from error

    def _keep_sources(self, path: str) -> None:
        """Refuse to take away what clones are made of that exist in Fabric only.

        Raises:
            EditRefusedError: There are such clones.
        """
        clones = clones_of(self._stage)
        for row in () if clones is None else clones.rows:
            if path not in row.shape.paths and not f"{row.source}/".startswith(f"{path}/"):
                continue
            count = len(row.env_ids)
            raise EditRefusedError(
                f"{path} cannot go: {count} clone{'s' if count > 1 else ''} of {row.source} "
                f"exist{'' if count > 1 else 's'} in Fabric only, such as "
                f"{row.template.format(int(row.env_ids[0]))}, and physics reads the source.",
                where=path,
                todo="Paint another source for them first, or clone into USD.",
            )

    def _set_shared(self, edit: PrimEdit) -> PrimEdit:
        prim, wanted = self.editable(edit.path), edit.action == "share"
        before = flag_before(self._layer, edit.path, "instanceable")
        if edit.payload:
            self._put_flag(edit, "instanceable")
        elif wanted:
            # Without an opinion it is an instance again, unless a weaker layer says otherwise.
            prim.ClearInstanceable()
        if prim.IsInstance() != wanted:
            prim.SetInstanceable(wanted)
        return PrimEdit(edit.path, "unshare" if wanted else "share", before)

    def _set_visible(self, edit: PrimEdit) -> RestoreEdit:
        inverse = self.inverse(edit.text, [f"{edit.path}.visibility"])
        token = UsdGeom.Tokens.inherited if edit.action == "show" else UsdGeom.Tokens.invisible
        UsdGeom.Imageable(self.editable(edit.path)).GetVisibilityAttr().Set(token)
        return inverse


def _check_shared(prim: Usd.Prim, edit: PrimEdit) -> None:
    wanted = edit.action == "share"
    if prim.IsInstance() == wanted:
        word = "an instance already" if wanted else "no instance"
        raise EditRefusedError(f"{edit.path} is {word}.", where=edit.path)
    if wanted and not _references_anything(prim):
        raise EditRefusedError(
            f"{edit.path} cannot be an instance: it references nothing that could be shared.",
            where=edit.path,
        )


def _check_visible(prim: Usd.Prim, edit: PrimEdit) -> None:
    if not UsdGeom.Imageable(prim):
        raise EditRefusedError(f"{edit.path} is nothing that could be seen.", where=edit.path)
    if edit.action == "show" and (hidden := _hidden_above(prim)):
        raise EditRefusedError(
            f"{edit.path} is hidden by {hidden}.", where=edit.path, todo=f"Show {hidden}."
        )


def locked(prim: Usd.Prim) -> str:
    """Return why a prim cannot be edited, empty when it can."""
    if not prim.IsInstanceProxy():
        return ""
    owner = prim
    while owner.IsInstanceProxy():
        owner = owner.GetParent()
    return (
        f"{prim.GetPath()} is shared by all instances like {owner.GetPath()}. Edit its master, or "
        "make the instance unique."
    )


def _references_anything(prim: Usd.Prim) -> bool:
    """Return whether something is composed onto a prim itself, and not onto what is above it."""
    arcs = Usd.PrimCompositionQuery(prim).GetCompositionArcs()
    return any(arc.HasSpecs() and not arc.IsAncestral() for arc in arcs[1:])  # the first is itself


def xform_specs(prim: Usd.Prim) -> list[str]:
    """Return the paths of all properties that a transform edit may touch."""
    present = [name for name in prim.GetPropertyNames() if name.startswith("xformOp")]
    return [f"{prim.GetPath()}.{name}" for name in dict.fromkeys([*_XFORM_OPS, *present])]


def pose_specs(prim: Usd.Prim) -> list[str]:
    """Return the paths of the properties that ``author_pose`` may touch."""
    if pose_types(prim) is None:
        return xform_specs(prim)
    return [f"{prim.GetPath()}.{name}" for name in _XFORM_OPS[:2]]


def _hidden_above(prim: Usd.Prim) -> str:
    above: Any = prim.GetParent()
    while above and not above.IsPseudoRoot():
        visibility = above.GetAttribute("visibility")
        if visibility and visibility.Get() == UsdGeom.Tokens.invisible:
            return str(above.GetPath())
        above = above.GetParent()
    return ""
