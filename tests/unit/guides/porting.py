"""Runs snippets that are written for Isaac Lab, with nothing but their import roots exchanged.

The snippets are ours. They make the calls that Isaac Lab's guides make, with the same names,
argument names, defaults and shapes, and say which guide that is.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

ROOTS = {
    "isaaclab_physx.cloner": "inspector.physics",
    "isaaclab_newton.cloner": "inspector.physics.newton",
    "isaaclab_assets": "inspector.assets",
    "isaaclab": "inspector",
    "usdrt": "inspector.fabric.usdrt",
}
"""Import root there, import root here; longer ones first."""


def ported(snippet: str) -> str:
    """Return a snippet with its import roots exchanged."""
    for theirs, ours in ROOTS.items():
        snippet = re.sub(rf"(?<![\w.]){re.escape(theirs)}\b", ours, snippet)
    return snippet


def run(*snippets: str, **given: Any) -> dict[str, Any]:
    """Run snippets one after the other in one namespace.

    Args:
        snippets: Texts; common indentation is removed.
        given: Names that the snippets may use.

    Returns:
        The namespace afterwards.
    """
    namespace: dict[str, Any] = {"__name__": "__main__", **given}
    for snippet in snippets:
        code = compile(ported(textwrap.dedent(snippet)), "<guide>", "exec", dont_inherit=True)
        exec(code, namespace)
    return namespace
