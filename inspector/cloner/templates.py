"""Destination templates: prim paths with exactly one ``{}`` for the env id.

A value module: standard library only, so that rules can use it in the window.
"""

from __future__ import annotations

import re

_PRIM_PATH = re.compile(r"(/[^\W\d]\w*)+")


def template_fault(template: str) -> str:
    """Return what is wrong with a destination template as half a sentence, empty if nothing."""
    count = template.count("{}")
    if count != 1:
        return f"needs exactly one '{{}}' for the env id, it has {count or 'none'}"
    return "" if is_prim_path(template.replace("{}", "0")) else "is no absolute prim path"


def is_prim_path(path: str) -> bool:
    """Return whether a text is an absolute path of a prim other than the pseudo-root."""
    return _PRIM_PATH.fullmatch(path) is not None


def is_below(path: str, ancestor: str) -> bool:
    """Return whether a path (or template) lies strictly below another."""
    return path.startswith(ancestor.rstrip("/") + "/") and path != ancestor


def depth(path: str) -> int:
    """Return the number of names in a path."""
    return path.count("/")


def env_id_in(path: str, template: str) -> int | None:
    """Return the env id with which a template gives exactly this path, or ``None``."""
    head, _, tail = template.partition("{}")
    if not path.startswith(head) or not path.endswith(tail):
        return None
    number = path[len(head) : len(path) - len(tail)]
    if not number.isascii() or not number.isdigit() or str(int(number)) != number:
        return None
    return int(number)
