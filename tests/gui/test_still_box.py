"""What changes in a box does not lay out the window, unless it needs room."""

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from inspector.gui.shell.still_box import StillBox

pytestmark = pytest.mark.gui


class Requests(QObject):
    """Counts how often a widget is asked to lay itself out."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.count = 0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return super().eventFilter(watched, event)


@pytest.fixture
def label() -> QLabel:
    return QLabel("step 1")


@pytest.fixture
def page(qtbot: QtBot, label: QLabel) -> QWidget:
    """A window with a box that holds a row with the label."""
    window, row = QWidget(), QWidget()
    qtbot.addWidget(window)
    QHBoxLayout(row).addWidget(label)
    QVBoxLayout(window).addWidget(StillBox(row))
    with qtbot.waitExposed(window):
        window.show()
    qtbot.wait(20)
    return window


def test_a_text_of_the_same_size_asks_for_nothing(
    qtbot: QtBot, page: QWidget, label: QLabel
) -> None:
    requests, inner = Requests(page), Requests(label.parentWidget())
    label.setText("step 2")
    qtbot.waitUntil(lambda: inner.count > 0)
    qtbot.wait(20)
    assert requests.count == 0


def test_what_needs_more_room_gets_it(qtbot: QtBot, page: QWidget, label: QLabel) -> None:
    label.setText("step 1\nstep 2\nstep 3 and a great deal more of it than there was before")
    qtbot.waitUntil(lambda: label.height() >= label.sizeHint().height())
    assert page.width() >= label.sizeHint().width()
    label.setMinimumWidth(label.width() + 100)
    qtbot.waitUntil(lambda: label.width() >= label.minimumWidth())


def test_it_fills_the_box(qtbot: QtBot, page: QWidget, label: QLabel) -> None:
    page.resize(400, 300)
    row = label.parentWidget()
    assert row.size() == row.parentWidget().size()
    assert row.parentWidget().height() > 200
    assert row.isVisible()
    assert label.alignment() & Qt.AlignmentFlag.AlignLeft


def test_labels_of_any_width_may_be_in_a_box_that_takes_what_there_is(qtbot: QtBot) -> None:
    window, row, label = QWidget(), QWidget(), QLabel("61.2 ms")
    qtbot.addWidget(window)
    row.setSizePolicy(row.sizePolicy().Policy.Ignored, row.sizePolicy().Policy.Preferred)
    QHBoxLayout(row).addWidget(label)
    QVBoxLayout(window).addWidget(StillBox(row))
    with qtbot.waitExposed(window):
        window.show()
    qtbot.wait(20)
    requests = Requests(window)
    label.setText("a sentence that is wider than what was there")
    qtbot.wait(20)
    assert requests.count == 0
