"""What scripts give to prims in Fabric and USD never sees: values, schemas, targets, whole prims.

Belongs here: everything but transforms, which are rows of the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from pxr import Sdf

from inspector.utils.states import Writer


class Held(Protocol):
    """A value that lives in an array which somebody else writes, a kernel for instance."""

    def read(self) -> Any:
        """Return the value as it is now."""
        ...


@dataclass(frozen=True)
class FabricValue:
    """A value that Fabric has of its own.

    Attributes:
        type_name: Its type, a type name of USD or one of Fabric alone.
        value: The value, ``None`` for an attribute without one.
        sequence: Number of the write.
        held: Where the value is read from instead.
        step: Physics step of the write.
        writer: Who wrote.
    """

    type_name: Any
    value: Any
    sequence: int
    held: Held | None = None
    step: int = 0
    writer: Writer = Writer.SCRIPT

    def get(self) -> Any:
        """Return the value as it is now."""
        return self.value if self.held is None else self.held.read()


@dataclass
class FabricAttributes:
    """Values, schemas, targets and prims by prim path; where nothing is set, USD's hold.

    Attributes:
        values: Values by attribute name, by prim path.
        schemas: Names of applied schemas that are added, by prim path.
        targets: Targets by relationship name, by prim path.
        prims: Type names of prims that a script defined, by their path.
        version: Grows with every write; what a kernel writes counts when it is announced.
    """

    values: dict[str, dict[str, FabricValue]] = field(
        default_factory=dict[str, dict[str, FabricValue]]
    )
    schemas: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    targets: dict[str, dict[str, tuple[Sdf.Path, ...]]] = field(
        default_factory=dict[str, dict[str, tuple[Sdf.Path, ...]]]
    )
    prims: dict[str, str] = field(default_factory=dict[str, str])
    version: int = 0

    @property
    def nbytes(self) -> int:
        """About what all of it takes in memory [byte]."""
        sizes = (
            12 * len(value.value) if hasattr(value.value, "__len__") else 0
            for named in self.values.values()
            for value in named.values()
        )
        others = len(self.schemas) + len(self.targets) + len(self.prims)
        return 200 * (sum(map(len, self.values.values())) + others) + sum(sizes)

    def get(self, path: str, name: str) -> FabricValue | None:
        """Return the value of an attribute, ``None`` where Fabric has none of its own."""
        return self.values.get(path, {}).get(name)

    def set(self, path: str, name: str, value: FabricValue) -> None:
        """Set the value of an attribute of a prim."""
        self.values.setdefault(path, {})[name] = value
        self.version += 1

    def apply(self, path: str, schema: str) -> None:
        """Add an API schema to a prim."""
        self.schemas[path] = (*self.schemas.get(path, ()), schema)
        self.version += 1

    def point(self, path: str, name: str, targets: tuple[Sdf.Path, ...]) -> None:
        """Set the targets of a relationship."""
        self.targets.setdefault(path, {})[name] = targets
        self.version += 1

    def define(self, path: str, type_name: str) -> None:
        """Make a prim that USD does not have."""
        self.prims[path] = type_name
        self.version += 1

    def remove(self, path: str, name: str) -> bool:
        """Forget a value or targets; return whether there were any."""
        value = self.values.get(path, {}).pop(name, None)
        targets = self.targets.get(path, {}).pop(name, None)
        self.version += 1
        return value is not None or targets is not None

    def remove_prim(self, path: str) -> None:
        """Forget a prim that a script defined, with all below it."""
        self.version += 1
        below = f"{path}/"
        known: tuple[dict[str, Any], ...] = (self.prims, self.values, self.schemas, self.targets)
        for table in known:
            for key in [key for key in table if key == path or key.startswith(below)]:
                del table[key]

    def copy(self) -> FabricAttributes:
        """Return an independent copy; what is held elsewhere is read."""
        values = {
            path: {
                name: value if value.held is None else replace(value, value=value.get(), held=None)
                for name, value in named.items()
            }
            for path, named in self.values.items()
        }
        targets = {path: dict(named) for path, named in self.targets.items()}
        prims, schemas = dict(self.prims), dict(self.schemas)
        return FabricAttributes(values, schemas, targets, prims, self.version)
