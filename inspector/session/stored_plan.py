"""The clone plan inside a saved file, so that opening it again gives the mask back."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import torch
from pxr import Sdf

from inspector.cloner.plan import ClonePlan
from inspector.errors import StageError

KEY = "sceneInspectorClonePlan"


def store_plan(layer: Sdf.Layer, plan: ClonePlan | None) -> None:
    """Write a plan into the layer's custom data; ``None`` removes it."""
    data: dict[str, Any] = dict(layer.customLayerData)
    if plan is None:
        data.pop(KEY, None)
    else:
        mask = plan.clone_mask.cpu().numpy()
        text = json.dumps(
            {
                "sources": plan.sources,
                "destinations": plan.destinations,
                "num_envs": plan.num_envs,
                "mask": base64.b64encode(np.packbits(mask).tobytes()).decode(),
            }
        )
        if data.get(KEY) == text:
            return
        data[KEY] = text
    layer.customLayerData = data


def stored_plan(layer: Sdf.Layer) -> ClonePlan | None:
    """Return the plan of a layer, ``None`` when it has none.

    Raises:
        StageError: The stored plan is damaged.
    """
    text = layer.customLayerData.get(KEY)
    if text is None:
        return None
    try:
        data = json.loads(text)
        shape = (len(data["sources"]), int(data["num_envs"]))
        packed = np.frombuffer(base64.b64decode(data["mask"]), np.uint8)
        cells = np.unpackbits(packed, count=shape[0] * shape[1]).astype(np.bool_)
        mask = torch.from_numpy(cells.reshape(shape).copy())
        return ClonePlan(tuple(data["sources"]), tuple(data["destinations"]), mask)
    except (ValueError, KeyError, TypeError) as error:
        raise StageError(
            f"The clone plan in the file is damaged: {error}.",
            where=layer.identifier,
            todo="The prims are unharmed; remove the customLayerData to open them without a mask.",
        ) from error
