"""What a user of ``@configclass`` relies on."""

# ruff: noqa: RUF012 mutable defaults are what is tested

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from dataclasses import field
from typing import ClassVar

import pytest

from inspector.utils import configclass
from inspector.utils.configclass import MISSING, Config


def doubled(x):
    return 2 * x


def tripled(x):
    return 3 * x


@configclass
class Inner:
    size: float = MISSING
    tags: list[str] = ["a"]


@configclass
class Outer(Config):
    num_envs: int = MISSING
    eye = [7.5, 7.5, 7.5]
    inner: Inner = Inner()
    func: Callable = doubled
    kind: type = Inner
    by_name: dict[str, Inner] = {}
    lookup: ClassVar[dict] = {"x": 1}

    def total(self):
        return sum(self.eye)


def test_unannotated_attributes_are_fields_and_methods_are_not():
    names = [f.name for f in dataclasses.fields(Outer)]
    assert names == ["num_envs", "inner", "func", "kind", "by_name", "eye"]
    assert Outer(eye=[1.0]).total() == 1.0
    assert Outer.lookup == {"x": 1}


def test_instances_never_share_mutable_values():
    first, second = Outer(), Outer()
    first.inner.tags.append("b")
    first.eye[0] = 0.0
    assert second.inner.tags == ["a"]
    assert second.eye == [7.5, 7.5, 7.5]
    mine = [1.0]
    assert Outer(eye=mine).eye is not mine


def test_validate_lists_every_missing_path():
    cfg = Outer(by_name={"left": Inner(), "right": Inner(size=1.0)})
    with pytest.raises(TypeError) as caught:
        cfg.validate()
    for path in ("num_envs", "inner.size", "by_name.left.size"):
        assert f"- {path}\n" in f"{caught.value}\n"
    assert "right" not in str(caught.value)
    assert Outer(num_envs=1, inner=Inner(size=1.0)).validate() == []


def test_missing_survives_copies():
    assert Outer().copy().num_envs is dataclasses.MISSING
    assert Outer().inner.size is dataclasses.MISSING
    with pytest.raises(TypeError, match="num_envs"):
        copy.deepcopy(Outer()).validate()


def test_replace_changes_one_field_and_copies_the_rest():
    cfg = Outer(num_envs=3)
    other = cfg.replace(num_envs=4)
    other.inner.tags.append("b")
    assert (cfg.num_envs, other.num_envs) == (3, 4)
    assert cfg.inner.tags == ["a"]
    with pytest.raises(TypeError, match="nonsense"):
        cfg.replace(nonsense=1)


def test_copy_keeps_what_was_set_after_construction():
    @configclass
    class Derived:
        a: int = 1
        b: int = 0

        def __post_init__(self):
            self.b = self.a + 1

    cfg = Derived(a=2)
    assert cfg.b == 3
    cfg.b = 10
    assert cfg.copy().b == 10
    assert cfg.replace(a=5).b == 6


def test_inheritance_overrides_with_and_without_annotation():
    @configclass
    class Child(Outer):
        num_envs = 5
        inner: Inner
        func = tripled
        extra: str = "x"

    child = Child()
    assert child.num_envs == 5
    assert child.inner.tags == ["a"]
    assert child.func(2) == 6
    assert child.extra == "x"
    assert Outer().func(2) == 4
    assert isinstance(child, Outer)


def test_attributes_of_a_plain_mixin_count():
    class Mixin:
        spacing: float = 2.5
        names = ["m"]

    @configclass
    class Mixed(Mixin):
        size: int = 1

    cfg = Mixed(spacing=1.0)
    cfg.names.append("n")
    assert cfg.spacing == 1.0
    assert Mixed().names == ["m"]


def test_post_init_of_base_and_child_both_run_and_arguments_stay_the_callers():
    @configclass
    class Base:
        values: list = []

        def __post_init__(self):
            self.values.append("base")

    @configclass
    class Child(Base):
        def __post_init__(self):
            super().__post_init__()
            self.values.append("child")

    mine: list = []
    assert Child(values=mine).values == ["base", "child"]
    assert mine == []


def test_dict_round_trip():
    cfg = Outer(num_envs=3, inner=Inner(size=1.0))
    data = cfg.to_dict()
    assert data["inner"] == {"size": 1.0, "tags": ["a"]}
    assert data["func"].endswith(":doubled")
    other = Outer()
    other.from_dict(data)
    assert other == cfg
    other.from_dict({"func": f"{__name__}:tripled", "inner": {"size": 2}})
    assert other.func is tripled
    assert other.inner.size == 2.0
    assert other.inner.tags == ["a"]


@pytest.mark.parametrize(
    ("data", "error", "match"),
    [
        ({"eye": [1.0], "inner": {"nope": 1}}, KeyError, "inner.nope"),
        ({"eye": [1.0], "inner": {"tags": 3}}, ValueError, "inner.tags"),
        ({"eye": [1.0], "func": "no.such.module:f"}, ValueError, "no.such.module:f"),
        ([1], TypeError, "mapping"),
    ],
)
def test_from_dict_refuses_and_changes_nothing(data, error, match):
    cfg = Outer()
    with pytest.raises(error, match=match):
        cfg.from_dict(data)
    assert cfg.eye == [7.5, 7.5, 7.5]


def test_frozen_and_field_defaults():
    @configclass(frozen=True)
    class Frozen:
        values: list = field(default_factory=lambda: [1])

    cfg = Frozen()
    assert cfg.values == [1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        cfg.values = []
    assert cfg.replace(values=[2]).values == [2]


def test_a_class_in_the_body_is_not_a_field():
    @configclass
    class WithNested:
        class Options:
            pass

        options_type = Inner

    assert [f.name for f in dataclasses.fields(WithNested)] == ["options_type"]


def test_own_method_wins_over_ours():
    @configclass
    class Special:
        a: int = 1

        def to_dict(self):
            return {"special": True}

    assert Special().to_dict() == {"special": True}
