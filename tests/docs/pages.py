"""The pages of ``docs/user`` and the Python blocks in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
USER_DOCS, RECORDS = ROOT / "docs" / "user", ROOT / "docs" / "design"
PAGES = sorted(USER_DOCS.glob("*.md"))
"""Pages of the user guide, whose Python blocks are run."""
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
"""Everything that is written for people."""

_BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```$(?:\n\n?```text\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Snippet:
    """One Python block.

    Attributes:
        code: Its text.
        line: Line of the page at which the text starts, from 1.
        output: What the page says that it prints; ``None`` when the page does not say.
    """

    code: str
    line: int
    output: str | None


def snippets(page: Path) -> list[Snippet]:
    """Return the Python blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Snippet(
            code=block["code"],
            line=text.count("\n", 0, block.start("code")) + 1,
            output=block["output"],
        )
        for block in _BLOCK.finditer(text)
    ]
