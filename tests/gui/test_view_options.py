"""View options: one value that menu, toolbar, picture and settings file agree on."""

from __future__ import annotations

import pytest

from inspector.gui.bridge.view_options import SWITCHES, ViewOptions
from inspector.gui.bridge.view_state import ViewState


def test_options_survive_the_settings_file():
    options = ViewOptions("error", frozenset({"ghost", "joints"}), 40.0)
    assert ViewOptions.from_json(options.to_json()) == options


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"shown": 3}', '{"exaggeration": "x"}', '{"color_mode": null}']
)
def test_a_broken_settings_file_means_the_usual_options(text):
    assert ViewOptions.from_json(text) == ViewOptions()


def test_what_another_version_wrote_is_taken_as_far_as_it_is_known():
    text = '{"color_mode": "gone", "shown": ["grid", "rays"], "exaggeration": 1e9}'
    options = ViewOptions.from_json(text, frozenset({"material", "error"}))
    assert options == ViewOptions("material", frozenset({"grid"}), 1000.0)


def test_view_state_signals_once_and_resets(qtbot):
    view = ViewState()
    seen: list[object] = []
    view.options_changed.connect(seen.append)
    view.switch("ghost", True)
    view.switch("ghost", True)
    view.exaggerate(1e6)
    assert seen == [
        ViewOptions().switched("ghost", True),
        ViewOptions("material", frozenset({"grid", "render", "antialias", "ghost"}), 1000.0),
    ]
    with qtbot.waitSignal(view.color_mode_changed):
        view.set_color_mode("speed")
    assert len(seen) == 2
    view.reset_options()
    assert view.options == ViewOptions()
    assert view.color_mode == "material"
    with pytest.raises(ValueError, match="no switch 'rays'"):
        view.toggle("rays")
    assert all(words and tip for words, tip in SWITCHES.values())
