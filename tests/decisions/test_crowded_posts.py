from datetime import date

import pytest

from tis_esr.decisions.crowded_posts import PostCounts

DAY, NEXT = date(2026, 11, 24), date(2026, 11, 25)
POST = "EOE/RGT00/021/FY1/013"


def crowded(*applicants):
    counts = PostCounts()
    for deanery, day, post in applicants:
        counts.count(deanery, day, post)
    return [(p.deanery, p.deanery_number, p.day, p.applicants, p.files) for p in counts.crowded()]


@pytest.mark.parametrize(
    ("number", "files"), [(29, None), (30, 1), (40, 1), (41, 2), (80, 2), (81, 3)]
)  # fmt: skip
def test_a_post_is_near_the_limit_from_30_on_and_needs_another_file_from_41_on(number, files):
    """Incident A7: 40 records of a post in a file at most."""
    found = crowded(*[("EOE", DAY, POST)] * number)
    assert found == ([] if files is None else [("EOE", POST, DAY, number, files)])


def test_each_day_and_each_deanery_has_files_of_its_own():
    assert crowded(*[("EOE", DAY, POST)] * 20, *[("EOE", NEXT, POST)] * 20, *[("LDN", DAY, POST)] * 20) == []


def test_a_post_in_other_letters_or_with_blanks_is_the_same_post():
    found = crowded(*[("EOE", DAY, POST)] * 15, *[("EOE", DAY, f" {POST.lower()} ")] * 15)
    assert found == [("EOE", POST, DAY, 30, 1)]
