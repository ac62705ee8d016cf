"""Which shapes inside of instances are one and the same, so that one look at them is enough.

USD keeps one prototype for many instances, but what is drawn also depends on what lies above an
instance: materials bound there, primvars and purposes are inherited.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from pxr import Sdf, Usd, UsdGeom

_BINDINGS = "material"


@dataclass
class SharedShapes:
    """Says what shapes share; good until the stage changes, which may number prototypes anew."""

    _roots: dict[Sdf.Path, int] = field(default_factory=dict[Sdf.Path, int])
    _numbers: dict[Hashable, int] = field(default_factory=dict[Hashable, int])
    _above: dict[Sdf.Path, tuple[Hashable, ...] | None] = field(
        default_factory=dict[Sdf.Path, "tuple[Hashable, ...] | None"]
    )

    def key(self, prim: Usd.Prim) -> Hashable:
        """Return what equals that of each shape that looks the same; None where nobody knows.

        Args:
            prim: A prim of the stage.
        """
        if not prim.IsInstanceProxy():
            return None
        root = prim.GetParent()
        while not root.IsInstance():
            root = root.GetParent()
        path = root.GetPath()
        if path not in self._roots:
            found = self._inherited(root)
            number = self._numbers.setdefault(found, len(self._numbers))
            self._roots[path] = -1 if found is None else number
        number = self._roots[path]
        return None if number < 0 else (prim.GetPrimInPrototype().GetPath(), number)

    def _inherited(self, root: Usd.Prim) -> Hashable:
        imageable = UsdGeom.Imageable(root)
        bound = self._bound_above(root.GetParent())
        mine = _bindings(root)
        if not imageable or bound is None or mine is None:
            return None
        primvars = tuple(
            (str(each.GetName()), repr(each.Get()), repr(each.GetIndices()))
            for each in UsdGeom.PrimvarsAPI(root).FindPrimvarsWithInheritance()
        )
        return (str(imageable.ComputePurpose()), primvars, mine, bound)

    def _bound_above(self, prim: Usd.Prim) -> tuple[Hashable, ...] | None:
        """Bindings of a prim and of what is above it, None where they choose prims by name."""
        if prim.IsPseudoRoot():
            return ()
        path = prim.GetPath()
        if path not in self._above:
            own, rest = _bindings(prim), self._bound_above(prim.GetParent())
            self._above[path] = None if own is None or rest is None else (*own, *rest)
        return self._above[path]


def _bindings(prim: Usd.Prim) -> tuple[Hashable, ...] | None:
    """Materials bound to a prim, None where collections say which prims below are meant."""
    found: list[Hashable] = []
    for each in prim.GetAuthoredPropertiesInNamespace(_BINDINGS):
        name = each.GetName()
        if ":collection" in name or not isinstance(each, Usd.Relationship):
            return None
        # What lies within an instance has another path in each of them.
        targets = (
            path.MakeRelativePath(prim.GetPath()) if path.HasPrefix(prim.GetPath()) else path
            for path in each.GetTargets()
        )
        strength = each.GetMetadata("bindMaterialAs")
        found.append((name, tuple(map(str, targets)), str(strength)))
    return tuple(found)
