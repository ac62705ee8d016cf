"""What native libraries write to standard error, less the lines that nobody needs."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from tempfile import TemporaryFile

_STDERR = 2


@contextmanager
def stderr_without(line: bytes) -> Generator[None]:
    """Leave out lines with these words that are written to standard error meanwhile.

    Everything else that any thread or native code writes there appears when the block ends, however
    it ends.

    Args:
        line: Part of the lines that are left out.
    """
    try:
        usual = os.dup(_STDERR)
    except OSError:  # it is closed: nobody reads anything
        yield
        return
    with os.fdopen(usual, "wb"), TemporaryFile() as kept:
        os.dup2(kept.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(usual, _STDERR)
            kept.seek(0)
            for written in kept:
                if line not in written:
                    os.write(_STDERR, written)
