"""Old content of specs as text: put back exactly, whether the text is at hand or from a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pxr import Sdf

from inspector.errors import CancelledError
from inspector.session import passes
from inspector.session.layer_patch import capture, restore

BEFORE = """#usda 1.0

def Xform "World"
{
    double3 xformOp:translate = (1, 2, 3)

    over "kept"
    {
    }

    def Sphere "ball" (
        doc = "a ball"
    )
    {
        double radius = 0.1
    }
}

"""
PATHS = (
    "/World.xformOp:translate",
    "/World/ball.radius",
    "/World/a/b.size",
    "/World/a/c.size",
    "/World/a/c/d.size",
    "/World/kept.size",
)


@pytest.fixture
def layer() -> Sdf.Layer:
    made = Sdf.Layer.CreateAnonymous(".usda")
    made.ImportFromString(BEFORE)
    return made


def write(layer: Sdf.Layer) -> None:
    for path in map(Sdf.Path, PATHS):
        spec = Sdf.CreatePrimInLayer(layer, path.GetPrimPath())
        if not (attribute := spec.attributes.get(path.name)):
            attribute = Sdf.AttributeSpec(spec, path.name, Sdf.ValueTypeNames.Double)
        attribute.default = (9, 9, 9) if "xformOp" in path.name else 9.0


def at_hand(layer: Sdf.Layer) -> str:
    return capture(layer, PATHS)


def from_a_file(layer: Sdf.Layer) -> str:
    text = capture(layer, PATHS)
    for count in range(8):
        capture(layer, PATHS[: count % 3 + 1] + PATHS[5 - count % 2 :])
    return text


@pytest.mark.parametrize("keep", [at_hand, from_a_file])
def test_what_was_there_comes_back_and_what_was_not_goes(
    layer: Sdf.Layer, keep: Callable[[Sdf.Layer], str]
) -> None:
    text = keep(layer)
    write(layer)
    assert layer.GetPrimAtPath("/World/a/c/d")
    after = layer.ExportToString()
    again = keep(layer)
    restore(layer, PATHS, text)
    assert layer.ExportToString() == BEFORE
    restore(layer, PATHS, again)
    assert layer.ExportToString() == after


def test_prims_that_a_cancelled_undo_had_removed_come_back_to_their_places(
    layer: Sdf.Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "AT_ONCE", 1)
    text = capture(layer, PATHS)
    write(layer)
    after = layer.ExportToString()
    now = capture(layer, PATHS)
    asked: list[float] = []
    restore(layer, PATHS, text, asked.append)
    assert asked == sorted(asked)
    assert 0.0 <= asked[0] <= asked[-1] <= 1.0
    assert len(asked) > len(PATHS), "it asks while it removes prims, too"
    restore(layer, PATHS, now)
    for patience in range(len(asked)):
        questions = iter(range(patience))

        def told(_share: float, left=questions) -> None:
            if next(left, None) is None:
                raise CancelledError("Cancelled.")

        with pytest.raises(CancelledError):
            restore(layer, PATHS, text, told)
        restore(layer, PATHS, now)
        assert layer.ExportToString() == after
