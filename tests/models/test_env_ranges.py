import numpy as np
import pytest

from inspector.gui.models.env_ranges import parse_env_ranges

ENV_IDS = np.arange(128, dtype=np.int32)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("7", [7]),
        ("3-5", [3, 4, 5]),
        ("0-6:2", [0, 2, 4, 6]),
        ("1-7:3", [1, 4, 7]),
        ("126-", [126, 127]),
        ("-2", [0, 1, 2]),
        (" 1 , 120 - 121 ", [1, 120, 121]),
        ("0-1, 1-2", [0, 1, 2]),
        ("*", list(range(128))),
    ],
)
def test_range_text_picks_environments(text: str, expected: list[int]) -> None:
    assert np.flatnonzero(parse_env_ranges(text, ENV_IDS)).tolist() == expected


def test_ranges_speak_of_env_ids_not_of_columns() -> None:
    env_ids = np.array([10, 20, 30], np.int32)
    assert parse_env_ranges("15-", env_ids).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x", "x is no range"),
        ("-", "- is no range"),
        ("5-2", "runs backwards; write 2-5"),
        ("0-9:0", "step 0"),
        ("200", "200 names no environment; there are environments 0-127"),
    ],
)
def test_a_wrong_range_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_env_ranges(text, ENV_IDS)
