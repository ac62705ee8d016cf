"""Edits: every change of the scene as a value that can be sent, undone, journalled and replayed.

A value module: loads without pxr and torch. ``to_json`` and ``from_json`` are each other's
inverse. The inverse of an edit is computed by the session just before it applies it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias


@dataclass(frozen=True)
class _Edit:
    kind: ClassVar[str]
    structural: ClassVar[bool] = False
    """Structural edits are refused while physics exists."""

    def to_json(self) -> str:
        """Return one line of JSON."""
        # Not asdict: it copies each of the numbers of thousands of matrices.
        return json.dumps({"kind": self.kind, **vars(self)}, separators=(",", ":"))


@dataclass(frozen=True)
class _CellEdit(_Edit):
    """Cells of the clone mask; the three tuples have equal length."""

    source_rows: tuple[int, ...]
    env_ids: tuple[int, ...]
    values: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.source_rows)


@dataclass(frozen=True)
class MaskEdit(_CellEdit):
    """Paint cells of the draft; the stage is not touched."""

    kind: ClassVar[str] = "mask"

    @property
    def text(self) -> str:
        """Text for the undo list."""
        return f"Paint {len(self)} {'cell' if len(self) == 1 else 'cells'}"


@dataclass(frozen=True)
class ReplanEdit(_CellEdit):
    """Clone and remove so that these cells of the stage get these values (*Apply*).

    Attributes:
        keep_draft: Leave the draft as it is painted (undo of an *Apply*); otherwise the draft gets
            the same values.
    """

    kind: ClassVar[str] = "replan"
    structural: ClassVar[bool] = True
    keep_draft: bool = False

    @property
    def text(self) -> str:
        """Text for the undo list."""
        return f"Apply {len(self)} {'cell' if len(self) == 1 else 'cells'}"


@dataclass(frozen=True)
class AttributeEdit(_Edit):
    """Author one attribute.

    Attributes:
        path: Prim path.
        name: Attribute name.
        value: JSON value (numbers, strings, lists); ``None`` clears the authored value.
        type_name: Sdf value type name for an attribute that does not exist yet.
    """

    kind: ClassVar[str] = "attribute"
    path: str
    name: str
    value: Any
    type_name: str = ""

    @property
    def text(self) -> str:
        """Text for the undo list."""
        return f"Set {self.name}"


@dataclass(frozen=True)
class XformEdit(_Edit):
    """Author the local pose of a prim.

    Attributes:
        path: Prim path.
        translation: Local translation [stage units].
        quat_xyzw: Local orientation; ``None`` leaves it.
        scale: Local scale; ``None`` leaves it.
    """

    kind: ClassVar[str] = "xform"
    path: str
    translation: tuple[float, float, float]
    quat_xyzw: tuple[float, float, float, float] | None = None
    scale: tuple[float, float, float] | None = None

    @property
    def text(self) -> str:
        """Text for the undo list."""
        return f"Move {self.path.rpartition('/')[2]}"


@dataclass(frozen=True)
class PrimEdit(_Edit):
    """Create, delete, activate or show a prim, or let an instance be authored on its own.

    Attributes:
        path: Prim path.
        action: What to do; ``unshare`` makes an instance unique, ``share`` an instance again.
        payload: For an inverse, what the layer said before: the USDA text of a deleted spec for
            ``restore``, the flag and what had no spec for the others.
    """

    kind: ClassVar[str] = "prim"
    structural: ClassVar[bool] = True
    path: str
    action: Literal[
        "delete", "restore", "activate", "deactivate", "show", "hide", "unshare", "share"
    ]
    payload: str = ""

    @property
    def text(self) -> str:
        """Text for the undo list."""
        name = self.path.rpartition("/")[2]
        if self.action in {"unshare", "share"}:
            return f"Make {name} {'unique' if self.action == 'unshare' else 'an instance'}"
        return f"{self.action.capitalize()} {name}"


@dataclass(frozen=True)
class SyncEdit(_Edit):
    """Repair stale rows.

    Attributes:
        action: ``fabric_to_usd`` authors the Fabric pose in USD, ``usd_to_fabric`` populates the
            rows again, ``hierarchy`` recomputes rows from their parents. A prim that a script
            defined in Fabric is defined in USD by the first, when it is named, and forgotten by
            the second.
        paths: Prim paths; empty means every row.
    """

    kind: ClassVar[str] = "sync"
    action: Literal["fabric_to_usd", "usd_to_fabric", "hierarchy"]
    paths: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Text for the undo list."""
        words = {
            "fabric_to_usd": "Write Fabric to USD",
            "usd_to_fabric": "Repopulate Fabric",
            "hierarchy": "Update hierarchy",
        }
        return words[self.action]


@dataclass(frozen=True)
class SettingsEdit(_Edit):
    """Change how the simulation runs; fields that are ``None`` stay as they are.

    Attributes:
        dt: Time that one step advances [s].
        substeps: Solver steps per step.
        use_fabric: Write poses to Fabric while playing, otherwise to USD.
        backend: Physics engine (``"auto"``, ``"mujoco"``, ``"mujoco_warp"``, ``"newton"``).
        solver: Solver of the Newton engine (``"auto"``, ``"mujoco"``, ``"xpbd"``).
        device: Device of the simulation, such as ``"cpu"`` or ``"cuda:0"``.
    """

    kind: ClassVar[str] = "settings"
    structural: ClassVar[bool] = True
    dt: float | None = None
    substeps: int | None = None
    use_fabric: bool | None = None
    backend: str | None = None
    solver: str | None = None
    device: str | None = None

    @property
    def text(self) -> str:
        """Text for the undo list."""
        return "Change simulation settings"


@dataclass(frozen=True)
class RestoreEdit(_Edit):
    """Put specs of a layer and rows of Fabric back as they were: the inverse of most edits.

    Attributes:
        label: What is taken back ("Move cone").
        paths: Spec paths (prims or properties) that get their old content, or none at all.
        specs: USDA text of the old content.
        rows: Old Fabric rows, packed; empty for none.
        play: Play generation in which the edit was made, 0 while stopped. What was edited while
            playing is gone at stop, and so is its inverse.
        authored: Who had authored USD, and when, before the edit; packed, empty for nobody else.
        scripted: Prims that a script had defined in Fabric, packed; empty for none.
    """

    kind: ClassVar[str] = "restore"
    label: str
    paths: tuple[str, ...] = ()
    specs: str = ""
    rows: str = ""
    play: int = 0
    authored: str = ""
    scripted: str = ""

    @property
    def text(self) -> str:
        """Text for the undo list."""
        return self.label


@dataclass(frozen=True)
class PoseEdit(_Edit):
    """Move prims to world poses; none of them may lie below another one.

    Stopped, their local transforms are authored in USD, each in its parent's frame. Playing, bodies
    are moved in the engine and everything else in Fabric; USD keeps what it says.

    Attributes:
        label: Text for the undo list ("Move Cone").
        paths: Prim paths.
        worlds: World matrices [stage units], row-vector, 16 numbers for each path.
        live: Whether the running simulation is meant, and not USD.
        play: Play generation that it belongs to; 0 for any.
        rows: For the inverse: Fabric rows as they were, packed; empty for none.
    """

    kind: ClassVar[str] = "pose"
    label: str
    paths: tuple[str, ...]
    worlds: tuple[float, ...]
    live: bool = False
    play: int = 0
    rows: str = ""

    @property
    def text(self) -> str:
        """Text for the undo list."""
        return self.label


@dataclass(frozen=True)
class StopApplyPlay(_Edit):
    """Stop, apply an edit that needs the physics to stop, and play again: one step to undo.

    While stopped it applies the edit alone, so that undo works in either state.

    Attributes:
        edit: The edit.
    """

    kind: ClassVar[str] = "stop_apply_play"
    edit: Edit

    @property
    def text(self) -> str:
        """Text for the undo list."""
        return self.edit.text

    def to_json(self) -> str:
        """Return one line of JSON."""
        return f'{{"kind":"{self.kind}","edit":{self.edit.to_json()}}}'


Edit: TypeAlias = (
    MaskEdit
    | ReplanEdit
    | AttributeEdit
    | XformEdit
    | PoseEdit
    | PrimEdit
    | SyncEdit
    | SettingsEdit
    | RestoreEdit
    | StopApplyPlay
)

_KINDS: dict[str, type[Edit]] = {
    cls.kind: cls
    for cls in (
        MaskEdit,
        ReplanEdit,
        AttributeEdit,
        XformEdit,
        PoseEdit,
        PrimEdit,
        SyncEdit,
        SettingsEdit,
        RestoreEdit,
    )
}


def from_json(line: str) -> Edit:
    """Return the edit of one line of JSON.

    Raises:
        ValueError: If the line is no JSON object, its kind is unknown or a field is missing.
    """
    data: Any = json.loads(line)
    if isinstance(data, dict) and data.get("kind") == StopApplyPlay.kind:
        return StopApplyPlay(from_json(json.dumps(data.get("edit"))))
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind not in _KINDS:
        raise ValueError(f"Not an edit: {line[:80]!r}")
    cls: Any = _KINDS[kind]
    values: dict[str, Any] = {
        k: tuple(v) if isinstance(v, list) else v for k, v in data.items() if k != "kind"
    }
    try:
        return cls(**values)
    except TypeError as error:
        raise ValueError(f"Not a {cls.__name__}: {error}") from error
