"""The mask that a session makes of a plan: lints of the stage reach it."""

from __future__ import annotations

import numpy as np
import torch
from pxr import Usd, UsdGeom

from inspector.cloner import ClonePlan, usd_replicate
from inspector.session.edits import MaskEdit, ReplanEdit
from inspector.session.mask_labels import mask_of

OBJECT = "/World/envs/env_{}/Object"


def crowded_stage() -> tuple[Usd.Stage, ClonePlan]:
    """Two environments half a metre apart, each with a cube of two metres."""
    stage = Usd.Stage.CreateInMemory()
    for path in ("/World", "/World/envs", "/World/envs/env_0", "/World/envs/env_1"):
        UsdGeom.Xform.Define(stage, path)
    UsdGeom.Cube.Define(stage, OBJECT.format(0))
    pose = torch.tensor([[0.0, 0, 0, 0, 0, 0, 1], [0.5, 0, 0, 0, 0, 0, 1]])
    plan = ClonePlan((OBJECT.format(0),), (OBJECT,), torch.tensor([[True, True]]), pose)
    usd_replicate(stage, plan.sources, plan.destinations, [0, 1], plan.clone_mask)
    return stage, plan


def test_what_is_wrong_on_the_stage_is_a_lint_of_the_mask():
    mask = mask_of(*crowded_stage())
    (lint,) = mask.table().stage_lints
    assert (lint.code, lint.env_ids) == ("envs-overlap", (0, 1))
    assert lint in mask.table().lints


def test_stage_lints_follow_what_is_applied_not_what_is_painted():
    mask = mask_of(*crowded_stage())
    mask.paint(MaskEdit((0,), (1,), (False,)))
    assert [lint.code for lint in mask.table().stage_lints] == ["envs-overlap"]
    edit = ReplanEdit((0,), (1,), (False,))
    mask.apply(edit, np.array([[True, False]]), [OBJECT.format(0)])
    assert mask.table().stage_lints == ()
