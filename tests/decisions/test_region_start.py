"""Which files a region's start sets aside, and which applicants a list of those sent before names."""

from datetime import date

import pytest

from tis_esr.decisions.region_files import full_file, older_files
from tis_esr.decisions.sent_list import Candidate, LineProblem, SentLine, matching

DAY, START = date(2026, 11, 24), date(2026, 12, 2)
POST, OTHER_POST = "EOE/RX1/800/STR/001", "EOE/RX1/800/STR/002"


def test_a_start_begins_with_the_newest_rmf_up_to_the_day_and_sets_older_files_aside() -> None:
    names = [
        "DE_EOE_RMF_20261120_00000090.DAT",
        "DE_EOE_RMC_20261123_00000098.DAT",
        "DE_EOE_RMC_20261124_00000099.DAT",
        "DE_EOE_RMF_20261124_00000100.DAT",
        "DE_EOE_RMC_20261124_00000101.DAT",
        "DE_EOE_RMF_20261125_00000102.DAT",
        "DE_LDN_RMC_20261120_00000001.DAT",
        "DE_EOE_APC_20261120_00000001.DAT",
        "notes.txt",
    ]
    rmf = full_file(names, "EOE", DAY)
    assert rmf == "DE_EOE_RMF_20261124_00000100.DAT"
    assert older_files(reversed(names), rmf) == names[:3]
    assert full_file(names, "KSS", DAY) is None


def line(**changes: object) -> SentLine:
    values = {
        "number": 2,
        "gmc_number": "7000001",
        "position_id": 1,
        "deanery_number": None,
        "start": START,
    }
    return SentLine(**{**values, **changes})  # type: ignore[arg-type]  # a test names only fields that there are


def candidate(key: str = "5:1", **changes: object) -> Candidate:
    values = {
        "key": key,
        "gmc_number": "7000001",
        "position_id": 1,
        "deanery_number": POST,
        "date_from": START,
        "is_marked": False,
    }
    return Candidate(**{**values, **changes})  # type: ignore[arg-type]  # a test names only fields that there are


@pytest.mark.parametrize(
    "named", [line(), line(position_id=None, deanery_number=POST), line(deanery_number=POST)]
)
def test_a_line_names_an_applicant_by_position_or_post(named: SentLine) -> None:
    others = [candidate("6:2", position_id=2, deanery_number=OTHER_POST), candidate("7:1", gmc_number=None)]
    found = matching([named], [candidate(), *others], DAY)
    assert (found.keys, found.marked, found.over, found.problems) == (["5:1"], 0, 0, [])


def test_who_is_marked_already_is_counted_and_a_repeated_line_changes_nothing() -> None:
    found = matching([line(), line(number=3)], [candidate(is_marked=True)], DAY)
    assert (found.keys, found.marked, found.problems) == ([], 1, [])


def test_two_placements_of_one_person_position_and_start_are_one_applicant_for_esr() -> None:
    assert matching([line()], [candidate(), candidate("6:1")], DAY).keys == ["5:1", "6:1"]


def test_a_line_about_a_past_start_needs_no_record() -> None:
    found = matching([line(start=DAY), line(number=3, start=date(2026, 11, 25))], [], DAY)
    assert (found.over, [problem.line for problem in found.problems]) == (1, [3])


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (line(gmc_number="7000009"), "no applicant of this deanery has this GMC number"),
        (line(start=date(2026, 12, 9)), "in TIS the placement starts on 2026-12-02, not on 2026-12-09"),
        (line(position_id=9), "the applicants with this GMC number are for other positions"),
        (line(deanery_number=OTHER_POST), "the applicants with this GMC number are for other positions"),
        (line(position_id=None, deanery_number=POST), "it fits positions 1, 3: add the position id"),
    ],
)
def test_a_line_that_names_nobody_or_several_says_why(wrong: SentLine, reason: str) -> None:
    candidates = [candidate(), candidate("5:3", position_id=3)]
    found = matching([wrong], candidates, DAY)
    assert (found.keys, found.problems) == ([], [LineProblem(line=2, reason=reason)])
