"""What lies over the picture: the step that is shown, and grey where the picture is too old."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inspector.gui.bridge.requests import ShowOverlays
from inspector.gui.viewport.picture_age import PATIENCE, PictureAge, age_text, step_text
from inspector.session.recording_info import RecordingInfo
from inspector.session.snapshot import PlayState
from tests.helpers.snapshots import make_snapshot


def live(step: int, generation: int = 1, **changes):
    snapshot = make_snapshot(4, state=PlayState.PLAYING, step=step, generation=generation)
    return replace(snapshot, **changes)


def test_the_step_that_is_shown_is_printed():
    assert step_text(live(412)) == "step 412 · 6.87 s"
    assert step_text(make_snapshot(1)) == "stopped · as authored"


def test_a_picture_is_too_old_when_the_engine_is_further():
    drawn, engine = live(10, 3), live(14, 5)
    assert age_text(drawn, drawn) == ""
    assert age_text(drawn, engine) == "This picture shows step 10; the engine is at step 14"
    assert "before the last change" in age_text(drawn, live(10, 4))
    assert age_text(drawn, drawn, "100 steps…") == "This picture shows step 10 · 100 steps…"
    past = live(7, 6, recording=RecordingInfo(0, 14, 7))
    assert age_text(past, past) == (
        "This picture shows step 7 of the recording; the simulation is at step 14"
    )


def test_a_picture_one_frame_behind_is_not_too_old_and_one_that_hangs_is():
    age = PictureAge()
    for number in range(90):  # thirty snapshots a second, each drawn before the one after the next
        age.arrived(live(number, number + 1), number / 30)
        assert age.sentence(number / 30) == ""
        age.drew(live(number - 1, number) if number else None, number / 30)
    assert "step 88; the engine is at step 89" in age.sentence(3.0 + PATIENCE)
    age.drew(live(89, 90), 4.0)
    assert age.sentence(9.0) == ""
    age.works("Building the physics…", 10.0)
    assert age.sentence(10.1) == ""
    assert age.sentence(10.01 + PATIENCE) == "This picture shows step 89 · Building the physics…"
    age.works("", 12.0)
    assert age.sentence(20.0) == ""


def test_a_slow_machine_is_not_always_grey():
    age = PictureAge()
    for number in range(9):  # a frame takes 0.7 s and shows what was new when it began
        now = 0.7 * number
        age.arrived(live(number, number + 1), now)
        assert age.sentence(now) == ""
        age.drew(live(number - 1, number) if number else None, now)
    assert age.sentence(8 * 0.7 + 1.5) == ""
    assert "engine is at step 8" in age.sentence(8 * 0.7 + 2.2)


def test_a_picture_that_lags_turns_grey_and_back(panel, picture, bridge, qtbot):
    first = live(10)
    picture(first)
    qtbot.waitUntil(lambda: panel.dressing.step.text() == "step 10 · 0.17 s")
    bridge.session.snapshot_published.emit(live(300, 9))
    assert not panel.dressing.veil.isVisible()
    qtbot.waitUntil(panel.dressing.veil.isVisible)
    assert "step 10; the engine is at step 300" in panel.dressing.veil.text
    plain = panel.grab().toImage()
    picture(live(300, 9))
    qtbot.waitUntil(lambda: not panel.dressing.veil.isVisible())
    assert panel.dressing.step.text().startswith("step 300")
    assert plain != panel.grab().toImage()


def test_a_recorded_step_is_never_taken_for_the_present(panel, picture, qtbot):
    picture(live(7, 2, recording=RecordingInfo(0, 14, 7)))
    qtbot.waitUntil(panel.dressing.veil.isVisible)
    assert "step 7 of the recording" in panel.dressing.veil.text


def test_the_engine_is_asked_for_what_is_drawn_and_for_nothing_else(panel, bridge):
    asked: list[ShowOverlays] = []
    bridge.session._requested.connect(lambda request, _number: asked.append(request))
    bridge.view.switch("labels", True)
    assert asked == []
    bridge.view.switch("joints", True)
    bridge.view.switch("contacts", True)
    bridge.view.set_color_mode("speed")
    bridge.view.focus_env(3)
    bridge.view.reset_options()
    names = [sorted(request.names) for request in asked]
    assert names[:3] == [["joints"], ["contacts", "joints"], ["contacts", "joints", "speeds"]]
    assert asked[3].env_id == 3
    assert names[-1] == []


def test_switches_menu_and_picture_agree(panel, picture, bridge):
    plain = picture(make_snapshot(4))
    panel.option_menu.switches["axes"].trigger()
    assert "axes" in bridge.view.options.shown
    with_axes = picture()
    assert np.abs(plain.astype(int) - with_axes).max() > 60
    panel.wireframe.click()
    assert panel.option_menu.switches["wireframe"].isChecked()
    bridge.view.reset_options()
    assert not panel.wireframe.isChecked()
    assert not panel.option_menu.switches["axes"].isChecked()
    np.testing.assert_array_equal(picture(), plain)


def test_a_ghost_that_is_drawn_too_far_away_says_so(panel, picture, bridge):
    picture(make_snapshot(4))
    bridge.view.exaggerate(25.0)
    assert not panel.dressing.banner.isVisible()
    bridge.view.switch("ghost", True)
    assert "× 25" in panel.dressing.banner.text()
    assert panel.ghost_slider.isVisible()
    panel.ghost_slider.slider.setValue(0)
    assert bridge.view.options.exaggeration == 1.0
    assert not panel.dressing.banner.isVisible()


def test_in_a_small_picture_nothing_covers_anything(panel, picture, bridge, qtbot):
    panel.resize(560, 420)
    bridge.view.set_color_mode("error")
    bridge.view.toggle("ghost")
    bridge.view.exaggerate(100.0)
    bridge.view.select("/World/envs/env_1/Object")
    picture(live(10))
    panel.interaction.commands.set_spacing(1.5)
    panel.display.hidden_envs = frozenset({2})
    panel.interaction.refresh()
    dressing, words = panel.dressing, panel.interaction
    cards = [panel.card, words.mode, dressing.banner, dressing.legend, dressing.step]
    assert all(card.isVisible() for card in cards)
    for number, card in enumerate(cards):
        assert panel._area.rect().contains(card.geometry()), card.text()
        for other in cards[:number]:
            assert not card.geometry().intersects(other.geometry())


@pytest.mark.parametrize("mode", ["not_finite", "env_error", "env_stale", "error", "source_row"])
@pytest.mark.parametrize("width", [420, 560, 580])
def test_legends_and_hints_cover_nothing_beside_a_narrow_dock(panel, picture, bridge, mode, width):
    """A window of 1200 × 800 leaves 580 pixels to the picture."""
    panel.resize(width, 460)
    bridge.view.set_color_mode(mode)
    bridge.view.select("/World/envs/env_1/Object")
    picture(live(10))
    panel.interaction.commands.set_spacing(1.5)
    panel.interaction.say("Select something in the environments to hide.")
    dressing, words = panel.dressing, panel.interaction
    cards = [panel.card, words.mode, dressing.legend, dressing.step, words.hint]
    for number, card in enumerate(cards):
        assert card.isVisible()
        assert panel._area.rect().contains(card.geometry()), card.text()
        for other in cards[:number]:
            assert not card.geometry().intersects(other.geometry()), (number, cards.index(other))
