"""The promise never reads as kept where nearly nothing is known: each share says of how many, and who is unknown."""

import pytest

from tis_esr.operations.promise.judged import judged_in_words, share_in_words
from tis_esr.operations.promise.promise import Counts


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            Counts(name="all", trainees=131, in_time=5, unknown=126, share=1.0),
            "Sent in time: 5 of the 5 that can be judged (100.0%); of 131 trainees 126 are unknown",
        ),
        (
            Counts(name="all", trainees=8, in_time=3, missed=1, due=3, unknown=1, share=0.75),
            "Sent in time: 3 of the 4 that can be judged (75.0%); of 8 trainees 1 is unknown, 3 are due",
        ),
        (
            Counts(name="all", trainees=2, in_time=1, missed=1, share=0.5),
            "Sent in time: 1 of the 2 that can be judged (50.0%)",
        ),
        (Counts(name="all", trainees=1, due=1), "None of 1 trainee can be judged yet: 1 is due"),
    ],
)
def test_it_says_how_many_can_be_judged_of_how_many(counts: Counts, said: str) -> None:
    assert judged_in_words(counts) == said


def test_a_share_says_of_how_many() -> None:
    assert (
        share_in_words(Counts(name="EMD", trainees=131, in_time=5, unknown=126, share=1.0)) == "100.0% of 5"
    )
    assert share_in_words(Counts(name="EMD", trainees=2, due=2)) == ""
