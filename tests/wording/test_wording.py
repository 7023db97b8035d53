"""All text that people read is in the usual words: pages, help, messages, docstrings and comments."""

import pytest
from tests.wording.banned import BANNED, findings
from tests.wording.texts import texts

TEXTS = texts()


@pytest.mark.parametrize("place", TEXTS)
def test_a_text_has_no_banned_phrase(place: str) -> None:
    assert findings(TEXTS[place]) == []


def test_a_phrase_is_found_across_lines_and_in_any_letter_case() -> None:
    assert findings("Nothing has\nto be done") != []


def test_words_that_only_look_like_a_banned_phrase_are_not_found() -> None:
    assert findings("The two cases are told apart; sweep_seconds and `sweep` are names") == []


@pytest.mark.parametrize("pattern", BANNED)
def test_the_usual_words_are_not_banned_themselves(pattern: str) -> None:
    assert findings(BANNED[pattern]) == []
