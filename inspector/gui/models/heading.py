"""Headings of columns, for models that have nothing else above them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt


def heading(
    titles: Sequence[str], section: int, orientation: Qt.Orientation, role: int
) -> str | None:
    """Return what ``headerData`` returns: the title of a column and nothing for lines.

    Args:
        titles: Titles of the columns.
        section: The column.
        orientation: Which headings are asked for.
        role: What is asked about them.
    """
    if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
        return titles[section]
    return None
