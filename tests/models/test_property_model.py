"""Properties of one prim in groups."""

from __future__ import annotations

from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.models.property_model import PropertyModel
from inspector.session.snapshot import PrimDetails, PropertyRow

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


def details(value: str = "0.25", path: str = "/World/A") -> PrimDetails:
    return PrimDetails(
        path,
        "Xform",
        "def",
        (
            PropertyRow("physics:mass", "Attributes", value, "float", "kg"),
            PropertyRow("visibility", "Attributes", "inherited", authored=False),
            PropertyRow("material:binding", "Relationships", "/World/Looks/Red"),
        ),
    )


def test_property_contract_and_groups(qtbot: QtBot) -> None:
    model = PropertyModel(load_tokens("dark"))
    tester = QAbstractItemModelTester(model, FATAL)
    assert tester.model() is model
    model.show(None)
    assert model.show(details())
    group = model.index(0, 0)
    assert group.data() == "Attributes"
    assert model.index(0, 1, group).data() == "0.25 kg"
    assert model.index(1, 0).data() == "Relationships"


def test_new_values_of_the_same_prim_do_not_rebuild_the_tree(qtbot: QtBot) -> None:
    model = PropertyModel(load_tokens("dark"))
    model.show(details())
    with qtbot.waitSignal(model.dataChanged), qtbot.assertNotEmitted(model.modelReset):
        assert not model.show(details("0.5"))
    assert model.index(0, 1, model.index(0, 0)).data() == "0.5 kg"
