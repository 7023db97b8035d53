"""The short form of a test of many cases: few a day, and each of them within days."""

import pytest
from tests import drawn

CASES = "abcdefghijklmnopqrst"


def test_the_first_the_last_and_some_between_are_drawn_in_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drawn, "LONG", False)
    found = "".join(drawn.drawn(CASES, 5))
    assert (len(found), found[0], found[-1]) == (5, "a", "t")
    assert list(found) == sorted(set(found))
    assert drawn.drawn(CASES, 5) == list(found)
    assert drawn.drawn("abc", 5) == ["a", "b", "c"]


def test_each_case_is_drawn_within_two_months(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "LONG", False)
    seen: set[str] = set()
    for day in range(60):
        monkeypatch.setattr(drawn, "DAY", f"day {day}")
        seen.update(drawn.drawn(CASES, 5))
    assert seen == set(CASES)


def test_the_long_form_tries_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "LONG", True)
    assert drawn.drawn(CASES, 5) == list(CASES)
