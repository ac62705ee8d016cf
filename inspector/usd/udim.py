"""Images in tiles: ``wood.<UDIM>.png`` means ``wood.1001.png``, ``wood.1002.png``, ….

Tile 1001 covers the coordinates 0…1, 1002 lies beside it, 1011 above it; there are ten in a row.
"""

from __future__ import annotations

from pxr import Sdf, Usd, UsdShade

_FIRST, _PER_ROW = 1001, 10

Tiles = tuple[tuple[int, int, str], ...]


def tiles_of(attribute: Usd.Attribute) -> Tiles:
    """Return column, row and path of the images that an attribute names; nothing for one image.

    Args:
        attribute: Holds an asset path.
    """
    value = attribute.Get()
    if not isinstance(value, Sdf.AssetPath) or not UsdShade.UdimUtils.IsUdimIdentifier(value.path):
        return ()
    for spec in attribute.GetPropertyStack(Usd.TimeCode.Default()):
        found = UsdShade.UdimUtils.ResolveUdimTilePaths(value.path, spec.layer)
        if found:
            numbers = [(int(number) - _FIRST, str(path)) for path, number in found]
            return tuple((n % _PER_ROW, n // _PER_ROW, path) for n, path in numbers)
    return ()


def extent_of(tiles: Tiles) -> tuple[int, int]:
    """Return how many tiles lie side by side, and how many above each other."""
    return 1 + max(column for column, _, _ in tiles), 1 + max(row for _, row, _ in tiles)
