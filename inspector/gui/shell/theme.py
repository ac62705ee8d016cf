"""Colour tokens as a Qt palette and a style sheet. The only place that styles standard widgets."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from inspector.gui.bridge.tokens import Tokens

FONT_PIXELS = 12
_ICONS = Path(str(files("resources"))) / "icons"

_SHEET = Template("""
QToolTip { background: $raised; color: $text; border: 1px solid $line; padding: 3px 6px; }
QMainWindow::separator { background: $background; width: 4px; height: 4px; }
QMenuBar { background: $background; padding: 2px 4px; }
QMenuBar::item { padding: 3px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $raised; }
QMenu { background: $raised; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 4px 24px 4px 22px; border-radius: 3px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $muted; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QToolBar { background: $background; border: 0; padding: 3px 6px; spacing: 5px; }
QToolBar::separator { width: 1px; background: $line; margin: 4px 5px; }
QPushButton, QToolBar QToolButton {
    background: $raised; color: $text; border: 1px solid $line; border-radius: 4px;
    padding: 3px 9px; min-height: 16px;
}
QPushButton:hover, QToolBar QToolButton:hover { border-color: $accent; }
QPushButton:pressed, QToolBar QToolButton:pressed { background: $selection; }
QPushButton:checked, QToolBar QToolButton:checked, QPushButton[primary="true"],
QToolBar QToolButton[primary="true"] {
    background: $selection; border-color: $accent; color: $accent_text;
}
QToolButton[tool="true"] {
    background: $raised; color: $text; border: 1px solid $line; border-radius: 4px;
    padding: 2px 5px; min-height: 16px;
}
QToolButton[tool="true"][popupMode="1"] { padding-right: 18px; }
QToolButton[tool="true"][popupMode="2"] { padding-right: 17px; }
QToolButton[tool="true"]::menu-indicator {
    subcontrol-origin: padding; subcontrol-position: right center; right: 3px;
}
QToolButton[tool="true"]:hover, QToolButton[tool="true"]:focus { border-color: $accent; }
QToolButton[tool="true"]:pressed { background: $selection; }
QToolButton[tool="true"]:checked {
    background: $selection; border-color: $accent; color: $accent_text;
}
QToolButton[tool="true"]::menu-button { border: 0; width: 15px; }
QPushButton:disabled, QToolBar QToolButton:disabled {
    color: $disabled; background: $surface; border-color: $faint;
}
QPushButton:focus, QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {
    border-color: $accent;
}
QPushButton[link="true"] { border: 0; background: transparent; color: $accent; text-align: left; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    background: $background; color: $text; border: 1px solid $line; border-radius: 4px;
    padding: 2px 6px; min-height: 18px; selection-background-color: $selection;
    selection-color: $text;
}
QComboBox { background: $raised; }
QComboBox::drop-down { border: 0; width: 18px; }
QComboBox::down-arrow { image: url("$chevron"); width: 10px; height: 10px; }
QComboBox QAbstractItemView {
    background: $raised; border: 1px solid $line; selection-background-color: $selection;
    selection-color: $text;
}
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button {
    subcontrol-origin: border; width: 0; border: 0;
}
QTreeView, QTableView, QListView {
    background: $surface; alternate-background-color: $surface; color: $text; border: 0;
    outline: 0; selection-background-color: $selection; selection-color: $text;
}
QTreeView::item, QTableView::item { border: 0; padding: 1px 4px; }
QTreeView::item { min-height: 17px; }
QTreeView::item:hover, QTableView::item:hover, QListView::item:hover { background: $raised; }
QTreeView::item:selected, QTableView::item:selected, QListView::item:selected,
QTreeView::branch:selected {
    background: $selection;
}
QHeaderView { background: $surface; color: $muted; border: 0; }
QHeaderView::section { background: $surface; border: 0; padding: 3px 6px; }
QHeaderView::section:horizontal { border-bottom: 1px solid $line; }
QTableCornerButton::section { background: $surface; border: 0; }
QScrollBar:vertical { background: transparent; width: 9px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 9px; margin: 0; }
QScrollBar::handle { background: $line; border-radius: 4px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QTabBar { background: $background; }
QTabBar::tab {
    background: transparent; color: $muted; border: 1px solid transparent; padding: 4px 12px;
    border-top-left-radius: 5px; border-top-right-radius: 5px; margin-right: 2px;
}
QTabBar::tab:selected { background: $surface; color: $text; border-color: $line;
    border-bottom-color: $surface; }
QTabBar::tab:hover { color: $text; }
QProgressBar {
    background: $raised; border: 1px solid $line; border-radius: 3px; text-align: center;
    color: $text; max-height: 13px; min-width: 140px;
}
QProgressBar::chunk { background: $selection; border-right: 2px solid $accent; }
QStatusBar { background: $background; color: $muted; }
QStatusBar::item { border: 0; }
QStatusBar QLabel { color: $muted; padding: 0 6px; }
QScrollArea { background: $surface; border: 0; }
QCheckBox { spacing: 5px; }
QSplitter::handle { background: $background; }

QLabel[muted="true"] { color: $muted; }
QLabel[heading="true"] { font-weight: 600; color: $text; }
QLabel[hero="true"] { font-size: 20px; font-weight: 600; }
QWidget[panel="true"] { background: $surface; }
QWidget[header="true"] {
    background: $surface; border: 0; border-bottom: 1px solid $line;
}
QWidget[header="true"] QLabel { border: 0; }
QToolButton[chrome="true"] {
    border: 0; background: transparent; color: $muted; padding: 0 3px; border-radius: 3px;
}
QToolButton[chrome="true"]:hover { background: $raised; color: $text; }
#ribbon { background: $raised; border-top: 1px solid $line; border-bottom: 1px solid $line; }
#ribbon[live="true"] {
    background: $warning_surface; border-top: 1px solid $usd; border-bottom: 1px solid $usd;
}
#ribbon[live="true"] QLabel { color: $warning_text; }
#ribbon[past="true"] {
    background: $selection; border-top: 1px solid $accent; border-bottom: 1px solid $accent;
}
#ribbon[past="true"] QLabel { color: $text; }
#ribbon QLabel#state { font-weight: 700; }
QFrame[popup="true"] { background: $background; border: 1px solid $accent; border-radius: 4px; }
QFrame[popup="true"] QCheckBox::indicator:unchecked {
    width: 11px; height: 11px; border: 1px solid $muted; border-radius: 2px; background: $surface;
}
QLabel#reason { color: $not_finite; }
#offer { background: $raised; border-bottom: 1px solid $not_finite; }
#offer QLabel#sign { color: $not_finite; font-weight: 700; }
""")


def palette_of(tokens: Tokens) -> QPalette:
    """Return the palette of a theme."""
    palette = QPalette()
    group, role = QPalette.ColorGroup, QPalette.ColorRole
    for where, token in (
        (role.Window, tokens.background),
        (role.Base, tokens.surface),
        (role.AlternateBase, tokens.raised),
        (role.Button, tokens.raised),
        (role.ToolTipBase, tokens.raised),
        (role.WindowText, tokens.text),
        (role.Text, tokens.text),
        (role.ButtonText, tokens.text),
        (role.ToolTipText, tokens.text),
        (role.HighlightedText, tokens.text),
        (role.PlaceholderText, tokens.muted),
        (role.Highlight, tokens.selection),
        (role.Link, tokens.accent),
        (role.Accent, tokens.accent),
        (role.Mid, tokens.line),
        (role.Midlight, tokens.line),
        (role.Dark, tokens.line),
        (role.Light, tokens.raised),
    ):
        palette.setColor(where, QColor(token))
    for where in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, where, QColor(_between(tokens.muted, tokens.surface)))
    return palette


def style_sheet(tokens: Tokens) -> str:
    """Return the style sheet of a theme."""
    dark = tokens.name == "dark"
    return _SHEET.substitute(
        {name: value for name, value in vars(tokens).items() if isinstance(value, str)},
        chevron=(_ICONS / f"chevron_{tokens.name}.svg").as_posix(),
        disabled=_between(tokens.muted, tokens.surface),
        faint=_between(tokens.line, tokens.surface),
        accent_text=tokens.accent if dark else tokens.text,
        warning_text=_between(tokens.usd, "#ffffff") if dark else tokens.text,
    )


def apply_theme(app: QApplication, window: QWidget, tokens: Tokens) -> None:
    """Give the program the palette, the style sheet and the font of a theme.

    The sheet is the window's, whose children all dialogs are: a sheet of the application polishes
    every widget several times, which takes three times as long.

    Args:
        app: The application.
        window: Its only window; dialogs, menus and floating panels are children of it.
        tokens: Colours of the theme.
    """
    font = app.font()
    if font.pixelSize() != FONT_PIXELS:
        app.setStyle("Fusion")
        font.setPixelSize(FONT_PIXELS)
        app.setFont(font)
    app.setPalette(palette_of(tokens))
    window.setStyleSheet(style_sheet(tokens))


def _between(first: str, second: str) -> str:
    """Return the colour half-way between two."""
    a, b = QColor(first), QColor(second)
    return QColor(
        (a.red() + b.red()) // 2, (a.green() + b.green()) // 2, (a.blue() + b.blue()) // 2
    ).name()
