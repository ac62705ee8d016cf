"""Whether a file has values at times only, which a scene that stands still does not show."""

from __future__ import annotations

from pxr import Sdf, Usd

from inspector.utils.message import Message
from inspector.utils.states import Severity


def moving_in_time(stage: Usd.Stage) -> tuple[Message, ...]:
    """Return what to tell of values that a stage has at times, and not outside of time.

    A scene shows and plays the values outside of time, as Isaac Lab reads them. What has none stands
    at the fallback of its schema: without points, or at the origin of its parent.

    Args:
        stage: The stage.
    """
    found: list[str] = []
    for layer in stage.GetUsedLayers(includeClipLayers=False):
        if layer.ListAllTimeSamples():
            found += _only_at_times(layer)
    if not found:
        return ()
    many = "one value" if len(found) == 1 else f"{len(found):,} values"
    text = (
        f"The file has {many} in time samples only, such as {found[0]}: the default is shown "
        "instead. Author a default value to see it."
    )
    return (Message(Severity.WARNING, text, found[0].partition(".")[0], code="time-samples"),)


def _only_at_times(layer: Sdf.Layer) -> list[str]:
    found: list[str] = []

    def look(path: Sdf.Path | str) -> None:
        if (
            isinstance(path, Sdf.Path)
            and path.IsPrimPropertyPath()
            and layer.GetNumTimeSamplesForPath(path)
        ):
            spec = layer.GetAttributeAtPath(path)
            if spec is not None and not spec.HasDefaultValue():
                found.append(str(path))

    layer.Traverse(Sdf.Path.absoluteRootPath, look)
    return found
