from datetime import date

import pytest

from tis_esr.decisions.versions import Stamp, is_superseded, stamp_of

SUNDAY, MONDAY = date(2026, 3, 1), date(2026, 3, 2)


def test_the_stamp_of_a_row_is_read_off_its_file_and_number():
    assert stamp_of("DE_EOE_RMC_20260302_00000100.DAT", 7) == Stamp(MONDAY, "EOE", 100, 7)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        pytest.param(Stamp(SUNDAY, "SEV", 999, 9), Stamp(MONDAY, "EOE", 1, 1), id="the day comes first"),
        pytest.param(Stamp(MONDAY, "EOE", 99, 9), Stamp(MONDAY, "EOE", 100, 1), id="then the sequence"),
        pytest.param(Stamp(MONDAY, "EOE", 100, 1), Stamp(MONDAY, "EOE", 100, 2), id="then the row"),
    ],
)
def test_an_older_row_is_superseded_and_a_newer_one_is_not(older, newer):
    assert is_superseded(older, newer)
    assert not is_superseded(newer, older)


def test_what_comes_again_is_not_superseded_by_itself():
    """A message is handled again where its process died before it was acknowledged."""
    assert not is_superseded(7, 7)


def test_the_first_version_of_a_thing_is_never_superseded():
    assert not is_superseded(1, None)


def test_between_deaneries_of_one_day_the_sequence_says_nothing():
    ldn, sev = Stamp(MONDAY, "LDN", 4033, 1), Stamp(MONDAY, "SEV", 1488, 1)
    assert ldn < sev
    assert Stamp(MONDAY, "LDN", 1, 1) < sev
