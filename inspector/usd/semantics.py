"""Semantic labels of prims (``UsdSemantics.LabelsAPI``)."""

from __future__ import annotations

from collections.abc import Sequence

from pxr import (
    Usd,
    UsdSemantics,  # pyright: ignore[reportAttributeAccessIssue] the stubs are of an older USD
)

__all__ = ["add_labels", "get_labels", "remove_labels"]


def add_labels(
    prim: Usd.Prim, labels: Sequence[str], instance_name: str = "class", overwrite: bool = True
) -> None:
    """Give a prim labels.

    Args:
        prim: Any prim.
        labels: The labels.
        instance_name: What kind of labels they are, such as ``"class"``.
        overwrite: Replace labels of this kind instead of adding to them.
    """
    api = UsdSemantics.LabelsAPI.Apply(prim, instance_name)
    attribute = api.CreateLabelsAttr()
    present = [] if overwrite else [str(label) for label in attribute.Get() or []]
    attribute.Set([*present, *(label for label in labels if label not in present)])


def get_labels(prim: Usd.Prim) -> dict[str, list[str]]:
    """Return the labels authored on a prim by kind."""
    return {
        str(name): [
            str(label) for label in UsdSemantics.LabelsAPI(prim, name).GetLabelsAttr().Get()
        ]
        for name in UsdSemantics.LabelsAPI.GetDirectTaxonomies(prim)
    }


def remove_labels(prim: Usd.Prim, instance_name: str | None = None) -> None:
    """Take labels away from a prim.

    Args:
        prim: Any prim.
        instance_name: Which kind; None for all.
    """
    for name in [instance_name] if instance_name is not None else list(get_labels(prim)):
        prim.RemoveProperty(f"semantics:labels:{name}")
        prim.RemoveAPI(UsdSemantics.LabelsAPI, name)
