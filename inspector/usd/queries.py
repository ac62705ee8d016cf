"""Finding prims: by a regular expression per path token, by a predicate, upwards and downwards.

Belongs here: reading the hierarchy of a stage. Does not belong here: changing it (``prims.py``).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from pxr import Sdf, Tf, Usd, UsdPhysics

from inspector.usd.stage import get_current_stage

__all__ = [
    "check_prim",
    "find_first_matching_prim",
    "find_global_fixed_joint_prim",
    "find_matching_prim_paths",
    "find_matching_prims",
    "get_all_matching_child_prims",
    "get_first_matching_ancestor_prim",
    "get_first_matching_child_prim",
    "get_next_free_path",
    "get_next_free_prim_path",
    "get_prim_at_path",
    "get_prim_path",
    "get_prim_type_name",
    "is_prim_path_valid",
    "is_regex_path",
    "split_path_regex",
    "traverse_stage",
]

Predicate = Callable[[Usd.Prim], bool]
_CHARACTER_CLASS = re.compile(r"\[\^?\]?[^]]*\]")
# Class prims are kept out: unused prototypes live there and are no part of the scene.
_SCENE_PRIMS = Usd.TraverseInstanceProxies(~Usd.PrimIsAbstract)


def check_prim(prim_path: str | Sdf.Path, stage: Usd.Stage | None = None) -> Usd.Prim:
    """Return the prim at an absolute path.

    Args:
        prim_path: Absolute path.
        stage: Default: the current stage.

    Raises:
        ValueError: The path is not absolute, or there is no prim.
    """
    stage = get_current_stage() if stage is None else stage
    path = _absolute(prim_path)
    if not Sdf.Path.IsValidPathString(path):
        raise ValueError(f"prim_path '{path}' is not a valid USD path.")
    prim = stage.GetPrimAtPath(path)
    if not prim:
        raise ValueError(f"There is no prim at prim_path '{path}'; create it first.")
    return prim


def split_path_regex(path_regex: str | Sdf.Path) -> list[str]:
    """Split a path expression into its tokens; a ``/`` inside ``[...]`` separates nothing.

    Args:
        path_regex: Absolute path in which every token may be a regular expression.

    Raises:
        ValueError: The path is not absolute, or a token is not a regular expression.
    """
    text = _absolute(path_regex)
    masked = _CHARACTER_CLASS.sub(lambda match: "_" * len(match.group()), text)
    cuts = [index for index, letter in enumerate(masked) if letter == "/"] + [len(text)]
    tokens = [text[a + 1 : b] for a, b in pairwise(cuts) if b > a + 1]
    for token in tokens:
        try:
            re.compile(token)
        except re.error as error:
            raise ValueError(
                f"prim_path '{text}': the part '{token}' is not a regular expression: {error}."
            ) from error
    return tokens


def is_regex_path(path: str | Sdf.Path) -> bool:
    """Whether a path has a token that is not a plain prim name."""
    return not all(Sdf.Path.IsValidIdentifier(token) for token in split_path_regex(path))


def find_matching_prims(
    prim_path_regex: str | Sdf.Path, stage: Usd.Stage | None = None
) -> list[Usd.Prim]:
    """Return all prims whose path matches, token by token, in the order of the stage.

    A wildcard does not reach across a ``/``: ``/World/.*`` names the children of ``/World`` only.
    Inactive prims and instance proxies count; prims below a ``class`` do not.

    Args:
        prim_path_regex: Absolute path; each token is matched as a whole regular expression.
        stage: Default: the current stage.

    Returns:
        The matching prims; empty when there are none.
    """
    return list(_matches(prim_path_regex, get_current_stage() if stage is None else stage))


def find_matching_prim_paths(
    prim_path_regex: str | Sdf.Path, stage: Usd.Stage | None = None
) -> list[str]:
    """Return the paths of ``find_matching_prims``."""
    return [str(prim.GetPath()) for prim in find_matching_prims(prim_path_regex, stage)]


def find_first_matching_prim(
    prim_path_regex: str | Sdf.Path, stage: Usd.Stage | None = None
) -> Usd.Prim | None:
    """Return the first of ``find_matching_prims``, or None."""
    return next(_matches(prim_path_regex, get_current_stage() if stage is None else stage), None)


def get_first_matching_ancestor_prim(
    prim_path: str | Sdf.Path, predicate: Predicate, stage: Usd.Stage | None = None
) -> Usd.Prim | None:
    """Return the nearest prim upwards that passes, beginning with the prim itself.

    Args:
        prim_path: Absolute path of an existing prim.
        predicate: Takes a prim, returns whether it passes.
        stage: Default: the current stage.

    Returns:
        The prim, or None.
    """
    prim = check_prim(prim_path, stage)
    while prim:
        if predicate(prim):
            return prim
        prim = prim.GetParent()
    return None


def get_first_matching_child_prim(
    prim_path: str | Sdf.Path,
    predicate: Predicate,
    stage: Usd.Stage | None = None,
    traverse_instance_prims: bool = True,
) -> Usd.Prim | None:
    """Return the first prim downwards that passes, nearest level first, the prim itself included.

    Args:
        prim_path: Absolute path of an existing prim.
        predicate: Takes a prim, returns whether it passes.
        stage: Default: the current stage.
        traverse_instance_prims: Whether to look into instances.

    Returns:
        The prim, or None.
    """
    found = _descend(check_prim(prim_path, stage), None, instances=traverse_instance_prims)
    return next(filter(predicate, found), None)


def get_all_matching_child_prims(
    prim_path: str | Sdf.Path,
    predicate: Predicate = lambda _: True,
    depth: int | None = None,
    stage: Usd.Stage | None = None,
    traverse_instance_prims: bool = True,
    expected_num_matches: int | None = None,
) -> list[Usd.Prim]:
    """Return all prims downwards that pass, level by level, the prim itself included.

    Args:
        prim_path: Absolute path of an existing prim.
        predicate: Takes a prim, returns whether it passes.
        depth: How many levels to go down; None for all.
        stage: Default: the current stage.
        traverse_instance_prims: Whether to look into instances.
        expected_num_matches: Number that must be found; None for any.

    Raises:
        ValueError: ``depth`` is below 1, or ``expected_num_matches`` below 0, or there is no prim.
        RuntimeError: Another number of prims passes than expected.
    """
    if depth is not None and depth <= 0:
        raise ValueError(f"depth must be above 0, got {depth}.")
    if expected_num_matches is not None and expected_num_matches < 0:
        raise ValueError(f"expected_num_matches must not be negative, got {expected_num_matches}.")
    prims = _descend(check_prim(prim_path, stage), depth, instances=traverse_instance_prims)
    matches = list(filter(predicate, prims))
    if expected_num_matches is not None and len(matches) != expected_num_matches:
        names = ", ".join(str(prim.GetPath()) for prim in matches[:8])
        raise RuntimeError(
            f"Expected {expected_num_matches} prims below '{prim_path}', found {len(matches)}: "
            f"{names}{'…' if len(matches) > 8 else ''}."
        )
    return matches


def get_next_free_prim_path(path: str | Sdf.Path, stage: Usd.Stage | None = None) -> str:
    """Return ``path``, or ``path_01``, ``path_02`` … whichever is the first without a prim.

    A path outside of the stage's default prim is moved below it, as in Isaac Lab.

    Args:
        path: The wished path.
        stage: Default: the current stage.

    Raises:
        ValueError: ``path`` is not a valid prim path.
    """
    stage = get_current_stage() if stage is None else stage
    if not Sdf.Path.IsValidPathString(str(path)):
        raise ValueError(f"path '{path}' is not a valid prim path.")
    wished = Sdf.Path(str(path)).MakeAbsolutePath(Sdf.Path.absoluteRootPath)
    default = stage.GetDefaultPrim()
    if default and (not wished.HasPrefix(default.GetPath()) or wished == default.GetPath()):
        wished = wished.ReplacePrefix(Sdf.Path.absoluteRootPath, default.GetPath())
    text = str(wished)
    while stage.GetPrimAtPath(text):
        stem, number = re.fullmatch(r"(.*?)(?:_(\d+))?", text).groups()  # pyright: ignore[reportOptionalMemberAccess] matches any text
        text = f"{stem}_{int(number or 0) + 1:02d}"
    return text


get_next_free_path = get_next_free_prim_path


def find_global_fixed_joint_prim(
    prim_path: str | Sdf.Path, check_enabled_only: bool = False, stage: Usd.Stage | None = None
) -> UsdPhysics.Joint | None:
    """Return the joint below a prim that ties it to the world: one of its bodies is not set.

    Args:
        prim_path: Absolute path of an existing prim.
        check_enabled_only: Skip disabled joints.
        stage: Default: the current stage.
    """
    root = check_prim(prim_path, stage)
    for prim in Usd.PrimRange(root, Usd.TraverseInstanceProxies()):
        joint = UsdPhysics.Joint(prim)
        if not joint or (check_enabled_only and not joint.GetJointEnabledAttr().Get()):
            continue
        if not (joint.GetBody0Rel().GetTargets() and joint.GetBody1Rel().GetTargets()):
            return joint
    return None


def get_prim_at_path(prim_path: str | Sdf.Path, stage: Usd.Stage | None = None) -> Usd.Prim:
    """Return the prim at a path; it is invalid (false) when there is none."""
    return (get_current_stage() if stage is None else stage).GetPrimAtPath(str(prim_path))


def is_prim_path_valid(prim_path: str | Sdf.Path, stage: Usd.Stage | None = None) -> bool:
    """Whether there is a prim at a path."""
    return bool(get_prim_at_path(prim_path, stage))


def get_prim_path(prim: Usd.Prim) -> str:
    """Return the path of a prim as text; empty for an invalid prim."""
    return str(prim.GetPath()) if prim else ""


def get_prim_type_name(prim_or_path: Usd.Prim | str, stage: Usd.Stage | None = None) -> str:
    """Return the type name of a prim."""
    prim = prim_or_path if isinstance(prim_or_path, Usd.Prim) else check_prim(prim_or_path, stage)
    return str(prim.GetTypeName())


def traverse_stage(stage: Usd.Stage | None = None) -> Iterable[Usd.Prim]:
    """Return the active, defined prims of a stage, depth first."""
    return (get_current_stage() if stage is None else stage).Traverse()


def _absolute(path: str | Sdf.Path) -> str:
    """Return the path as text.

    Raises:
        ValueError: It is not absolute.
    """
    text = str(path)
    if not text.startswith("/"):
        raise ValueError(f"prim_path '{text}' is not absolute; it must start with '/'.")
    return text


def _matches(path_regex: str | Sdf.Path, stage: Usd.Stage) -> Iterator[Usd.Prim]:
    tokens = split_path_regex(path_regex)
    level: Iterable[Usd.Prim] = [stage.GetPseudoRoot()] if tokens else []
    for token in tokens:
        level = _children_matching(level, token)
    yield from level


def _children_matching(parents: Iterable[Usd.Prim], token: str) -> Iterator[Usd.Prim]:
    if Tf.IsValidIdentifier(token):
        for parent in parents:  # a plain name is looked up: no walk over thousands of siblings
            child = parent.GetChild(token)
            if child and not child.IsAbstract():
                yield child
        return
    pattern = re.compile(token)
    for parent in parents:
        for child in parent.GetFilteredChildren(_SCENE_PRIMS):
            if pattern.fullmatch(child.GetName()):
                yield child


def _descend(root: Usd.Prim, depth: int | None, *, instances: bool) -> Iterator[Usd.Prim]:
    # A generator: a caller that stops at the first match pays only for what it saw.
    predicate = Usd.TraverseInstanceProxies() if instances else Usd.PrimDefaultPredicate
    queue = deque([(root, 0)])
    while queue:
        prim, level = queue.popleft()
        yield prim
        if depth is None or level < depth:
            queue.extend((child, level + 1) for child in prim.GetFilteredChildren(predicate))
