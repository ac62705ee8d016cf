"""What the pages say about the program is what the program has."""

import inspect
import re

import pytest

from inspector.cli import SUBCOMMANDS, main
from inspector.cli.bench import BENCHMARKS
from inspector.cloner import rules, stage_rules
from inspector.gui.actions import ACTIONS
from inspector.utils.states import StaleReason
from tests.docs.pages import DOCUMENTS, PAGES, RECORDS, ROOT, USER_DOCS
from tests.docs.shortcuts_page import page_text

_LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def _anchors(text):
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(text)
    }


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in _anchors(file.read_text(encoding="utf-8")), f"{target}#{anchor}"


def test_the_index_leads_to_every_page():
    index = (USER_DOCS / "README.md").read_text(encoding="utf-8")
    linked = {target for target, _ in _LINK.findall(index)}
    assert {page.name for page in PAGES} - {"README.md"} <= linked


def test_every_picture_is_shown_somewhere():
    targets = {
        (page.parent / target).resolve()
        for page in DOCUMENTS
        for target, _ in _LINK.findall(page.read_text(encoding="utf-8"))
    }
    assert set((ROOT / "docs" / "images").iterdir()) <= targets


def test_decision_records_say_why_and_what_follows():
    index = (RECORDS / "README.md").read_text(encoding="utf-8")
    for record in sorted(RECORDS.glob("0*.md")):
        text = record.read_text(encoding="utf-8")
        assert f"]({record.name})" in index
        assert text.startswith(f"# {record.name[:4]} · ")
        if record.name[:4] != "0007":  # decides nothing
            for part in ("Context", "Decision", "Measure", "Consequences"):
                assert re.search(rf"^(\*\*|## ){part}", text, re.MULTILINE), (
                    f"{record.name}: {part}"
                )


def test_every_option_of_the_command_line_is_in_the_table(capsys):
    page = (USER_DOCS / "command-line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(--[a-z-]+)[^|]*\| ([^|]+) \|", page, re.MULTILINE)
    told = {(option, command) for option, commands in rows for command in commands.split(", ")}
    there = set()
    for command in ("window", *SUBCOMMANDS):
        with pytest.raises(SystemExit):
            main(["--help"] if command == "window" else [command, "--help"])
        listed = capsys.readouterr().out.partition("options:")[2]
        options = re.findall(r"^  (?:-\w,? ?.*?)?(--[a-z-]+)", listed, re.MULTILINE)
        there |= {(option, command) for option in options}
    assert told == there


def test_every_benchmark_is_in_the_table():
    page = (USER_DOCS / "command-line.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE)) == set(BENCHMARKS)


def test_the_shortcuts_are_those_of_the_program():
    page = (USER_DOCS / "shortcuts.md").read_text(encoding="utf-8")
    assert page == page_text(), "run: python -m tests.docs.shortcuts_page"


def test_every_stale_reason_is_explained_with_its_word_and_glyph():
    page = (USER_DOCS / "play-and-stale.md").read_text(encoding="utf-8")
    page = page[page.index("## Stale reasons") : page.index("## Find out why")]
    rows = re.findall(r"^\| `(\w+)` \| (\S+) (.+?) \|", page, re.MULTILINE)
    assert rows == [(r.name, r.glyph, r.word) for r in StaleReason]


def test_every_lint_is_explained():
    page = (USER_DOCS / "painting-the-mask.md").read_text(encoding="utf-8")
    table = page[page.index("## Lints") : page.index("## While playing")]
    first_cells = "".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))
    code = "".join(inspect.getsource(module) for module in (rules, stage_rules))
    given = set(re.findall(r'(?:code=|, |^ +)"([a-z]+(?:-[a-z]+)*)",?(?:\)|$)', code, re.MULTILINE))
    assert set(re.findall(r"`([a-z-]+)`", first_cells)) == given


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_keys_and_action_names_exist(page):
    text = page.read_text(encoding="utf-8")
    menus = {f"{spec.menu} › {spec.text}" for spec in ACTIONS}
    for entry in re.findall(r"\*(\w+ › [^*]+)\*", text):
        assert entry in menus, f"{page.name} names {entry}"
