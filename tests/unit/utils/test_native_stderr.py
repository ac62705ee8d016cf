"""Lines that native code writes to standard error."""

from __future__ import annotations

import os

import pytest

from inspector.utils.native_stderr import stderr_without


def fail_loudly() -> None:
    with stderr_without(b"chatter"):
        os.write(2, b"some chatter of a library\nan error\nno end of line")
        raise ValueError("bad")


def test_other_lines_appear_even_when_something_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="bad"):
        fail_loudly()
    os.write(2, b", then more")
    assert capfd.readouterr().err == "an error\nno end of line, then more"


def test_a_closed_standard_error_does_not_matter(capfd: pytest.CaptureFixture[str]) -> None:
    kept = os.dup(2)
    os.close(2)
    try:
        with stderr_without(b"chatter"):
            done = True
    finally:
        os.dup2(kept, 2)
        os.close(kept)
    assert done
