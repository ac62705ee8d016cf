"""Every Python block of the user pages runs and prints what the page says it prints."""

import contextlib
import io

import pytest

from tests.docs.pages import PAGES, snippets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.usefixtures("clean_process")
def test_the_blocks_of_a_page_run_one_after_the_other(page):
    namespace: dict[str, object] = {"__name__": page.stem}
    for snippet in snippets(page):
        # Blank lines in front make a traceback point at the line of the page.
        code = compile("\n" * (snippet.line - 1) + snippet.code, str(page), "exec")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, namespace)  # the pages are ours
        if snippet.output is not None:
            assert printed.getvalue() == snippet.output, f"{page.name}:{snippet.line}"


def test_the_pages_have_blocks_to_run():
    assert sum(len(snippets(page)) for page in PAGES) >= 20
