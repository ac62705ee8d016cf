"""What this program saved is opened without comparing clones; what others touched is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from pxr import Gf, Sdf, Usd

from inspector.session.edits import AttributeEdit, XformEdit
from inspector.session.session import Session

MOVED = "/World/envs/env_2/Object"
DEEP = "/World/envs/env_1/Robot/cart"
HEAVY = "/World/envs/env_0/Object"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    session = Session(tmp_path / "state")
    session.new_demo(4, seed=1)
    session.apply(XformEdit(MOVED, (1.0, 2.0, 3.0)))
    session.apply(XformEdit(DEEP, (0.25, 0.0, 2.0)))
    session.apply(AttributeEdit(HEAVY, "physics:mass", 5.0, "float"))
    session.save(tmp_path / "scene.usdc")
    session.close()
    return tmp_path / "scene.usdc"


def irregular(state: Path, file: Path) -> frozenset[int]:
    session = Session(state)
    session.open_file(file)
    found = session._scene.sim.tables.irregular_envs
    snapshot = session.snapshot()
    for path, env_id, place in ((MOVED, 2, [1.0, 2.0, 3.0]), (DEEP, 1, [0.25, 0.0, 2.0])):
        row = snapshot.transforms.row_of_prim(snapshot.prims.paths.find(path))
        shift = snapshot.transforms.usd_world[row, 3, :3] - snapshot.env_origins[env_id]
        assert shift.tolist() == pytest.approx(place)
    session.close()
    return found


def test_only_what_differed_is_read_again(saved: Path, tmp_path: Path) -> None:
    assert irregular(tmp_path / "state", saved) == {0, 1}


def test_elsewhere_everything_is_read(saved: Path, tmp_path: Path) -> None:
    assert irregular(tmp_path / "other", saved) == {0, 1, 2, 3}


def test_one_changed_value_and_everything_is_read(saved: Path, tmp_path: Path) -> None:
    layer = Sdf.Layer.OpenAsAnonymous(str(saved))
    layer.GetAttributeAtPath("/World/envs/env_3/Object.xformOp:translate").default = Gf.Vec3d(7)
    layer.Export(str(saved))
    assert irregular(tmp_path / "state", saved) == {0, 1, 2, 3}
    stage = Usd.Stage.Open(str(saved))
    assert stage.GetPrimAtPath("/World/envs/env_3/Object")
