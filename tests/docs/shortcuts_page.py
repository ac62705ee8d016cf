"""Writes ``docs/user/shortcuts.md`` from the action table: ``python -m tests.docs.shortcuts_page``."""

from __future__ import annotations

from inspector.gui.actions import ACTIONS, MENUS
from tests.docs.pages import USER_DOCS

_HEAD = """\
# Shortcuts

Every action of the window, made from its table of actions. `F1` shows the same list, and
`Ctrl+Shift+P` finds any action by its name. Keys of one panel are on the page of that panel:
[Paint the mask](painting-the-mask.md#without-the-mouse).
"""


def page_text() -> str:
    """Return the whole page."""
    parts = [_HEAD]
    for menu in MENUS:
        rows = [
            f"| {spec.text} | {_keys(spec.shortcut)} | {spec.tip} | {spec.undo} |\n"
            for spec in ACTIONS
            if spec.menu == menu
        ]
        head = f"\n## {menu}\n\n| Action | Keys | What it does | Undo |\n|---|---|---|---|\n"
        parts += [head, *rows]
    return "".join(parts)


def _keys(shortcut: str) -> str:
    return f"`{shortcut.replace('Return', 'Enter')}`" if shortcut else ""


if __name__ == "__main__":
    (USER_DOCS / "shortcuts.md").write_text(page_text(), encoding="utf-8")
