"""``why`` of files, rows and outages, what changed since an applicant was sent, and words with several meanings. On both engines."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES
from tests.journeys.story import (
    APC_1,
    APP_1,
    DNC_2,
    GONE,
    MOVED,
    NO_BIRTH_DATE,
    REFUSAL,
    UNNUMBERED,
    WARNED,
    Story,
    npn,
    story,
)

from tis_esr.operations.why.showing import SHOWN

RMC_1, RMC_2 = "DE_EOE_RMC_20261124_00000101.DAT", "DE_EOE_RMC_20261125_00000102.DAT"


@pytest.fixture(scope="module", params=ENGINES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with story(request.param, tmp_path_factory.mktemp("story")) as lived:
        yield lived


def answers(told: Story, word: object, code: int = 0) -> list[str]:
    said = told.why(word, "--json")
    assert said.code == code, said.text
    return [
        f"{a['about']}: {a['sentence']}. {a['who']}: {a['action']}".removesuffix(": ")
        for a in said.json["answers"]
    ]


def test_a_file_from_esr_is_told_with_its_rows_who_must_act_and_whether_it_is_safe_to_process_again(
    told: Story,
) -> None:
    file, unmatched, again = answers(told, RMC_1.lower())
    assert file == f"File {RMC_1}: is split, with 14 rows read (12 Applied, 1 Unmatched, 1 Ignored). nobody"
    assert unmatched.startswith(f"Rows of {RMC_1}: 1 match no post or person in TIS. the trust, in ESR: ")
    assert again.startswith(f"Processing {RMC_1} again: is safe: the content of ")
    assert "would be ignored as a whole" in again
    assert again.endswith("nobody")


def test_the_same_a_longer_and_another_content_are_told_apart_by_the_path_of_a_copy(
    told: Story, tmp_path: Path
) -> None:
    small, place = told.small, tmp_path / RMC_2
    place.write_text("\n".join([*(f"POR,{n}" for n in range(3)), "TRL,3"]) + "\n")
    *_, other = answers(told, place)
    assert "it would be refused, none of its rows applied: a file of this name with other content" in other
    newest = next(path for path in (small.folder / "in").iterdir() if "_RMC_" in path.name)
    *_, same = answers(told, newest)
    assert "this content is known under this name and would be ignored as a whole" in same
    longer = tmp_path / newest.name
    longer.write_bytes(newest.read_bytes() + b"POR,99\n")
    *_, more = answers(told, longer)
    assert "it begins with all of the copy that was processed: only its rows after row " in more


def test_a_file_that_never_arrived_is_told_from_one_that_is_not_ours(told: Story) -> None:
    missing, again = answers(told, "DE_LDN_RMC_20261125_00000007.DAT", code=1)
    assert missing.startswith("DE_LDN_RMC_20261125_00000007.DAT: has not arrived here. support: ")
    assert "no file of this name is known here: all its rows would be processed" in again
    [foreign] = answers(told, "DE_LDN_APP_20261125_00000900.DAT", code=1)
    assert foreign.startswith("DE_LDN_APP_20261125_00000900.DAT: was not created here. you: ")


def test_a_file_to_esr_is_told_with_its_confirmation(told: Story) -> None:
    file, confirmation = answers(told, APP_1)
    assert file == f"File {APP_1}: (APP of EOE for 24 Nov 2026) was written for ESR with 4 rows. nobody"
    assert confirmation == (
        f"Confirmation {APC_1}: has arrived. Records by state: 3 Confirmed, 1 Rejected. the trust, in ESR: read ESR's"
        " messages: tis-esr report rejections"
    )


def test_a_row_from_esr_is_told_with_its_outcome_and_its_position(told: Story) -> None:
    row, position = answers(told, "DE_EOE_RMC_20261126_00000103.DAT:3")
    assert (
        row
        == "Row 3 of DE_EOE_RMC_20261126_00000103.DAT (position and its post, POR): ended as Applied. nobody"
    )
    assert position.startswith(f"Position 3 (number 1003, {npn(3)}): is matched to post ")
    [outcome, _] = answers(told, "DE_EOE_RMC_20261126_00000103.DAT:11")
    assert (
        "ended as Unmatched: no post in TIS has its NPN. the trust, in ESR: correct the post number"
        in outcome
    )


def test_a_row_of_a_file_to_esr_is_its_record_and_a_row_of_a_confirmation_names_it(told: Story) -> None:
    assert answers(told, f"{APP_1}:1") == answers(told, MOVED)
    row, answered = answers(told, f"{APC_1}:4")
    assert row == f"Row 4 of {APC_1} (ESR's answer about an applicant, APC): ended as Applied. nobody"
    assert answered.startswith("Applicant 1900004:4 (row 4 of ")
    assert "now Rejected" in answered


def test_a_row_that_is_not_there_is_told_with_what_to_check(told: Story) -> None:
    [beyond] = answers(told, f"{RMC_1}:99", code=1)
    assert (
        beyond == f"Row 99 of {RMC_1}: is not known: the file has 14 rows. you: check the number of the row"
    )


def test_what_changed_since_it_was_sent_has_old_and_new_value_day_file_and_row(told: Story) -> None:
    changes = told.why(MOVED, "--json").json["changes"]
    of_column = {change["column"]: change for change in changes}
    hired = of_column["projectedHireDate"]
    assert (hired["old"], hired["new"], hired["file"], hired["row"]) == (
        "2026-12-24",
        "2027-01-04",
        "DE_EOE_RMC_20261126_00000103.DAT",
        1,
    )
    dates = [change for change in changes if change["column"] == "dates"]
    assert {(change["old"], change["new"]) for change in dates} == {
        ("24 Dec 2026 to 12 Jul 2027", "4 Jan 2027 to 12 Jul 2027")
    }
    assert [change["on"] for change in dates] == ["2026-11-25", "2026-11-26"]
    assert dates[0]["notified"].startswith(f"rejected by ESR: {DNC_2}, row ")
    assert dates[1]["notified"].startswith("sent in DE_EOE_DNC_20261126_00000034.DAT, row ")
    assert [c["new"] for c in told.why(GONE, "--json").json["changes"]] == ["withdrawn"]
    assert told.why(WARNED, "--json").json["changes"] == []
    assert "Changed since it was sent" in told.why(MOVED).text


def test_personal_values_of_a_change_are_masked_unless_asked_for_with_a_reason_which_is_audited(
    told: Story,
) -> None:
    store = told.small.tcs.simulator.store
    person = store.placements[WARNED]["traineeId"]
    details = store.people[person]["contactDetails"]
    before, details["email"] = details["email"], "testa.changed@example.invalid"
    try:
        folders = "--in", told.small.folder / "in", "--out", told.small.folder / "out"
        told.program("day", *folders, "--tcs", told.small.tcs.url, "--as-of", "2026-11-27")
        masked = told.why(WARNED, "--json").json["changes"]
        assert [(c["column"], c["new"]) for c in masked] == [("applicantEmailAddress", "(masked)")]
        assert told.why(WARNED, "--show-values", " ").code == 2
        shown = told.why(WARNED, "--json", "--show-values", "ticket 4711").json["changes"]
        [entry] = [one for one in told.program("audit", "--json").json["entries"] if one["act"] == SHOWN]
        assert (entry["why"], "example.invalid" in str(entry)) == ("ticket 4711", False)
        assert [c["new"] for c in shown] == ["testa.changed@example.invalid"]
        [entry] = told.program("audit", "--act", "why.show-values", "--json").json["entries"]
        assert (entry["why"], "testa" in str(entry)) == ("ticket 4711", False)
    finally:
        details["email"] = before


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("outage", "--to", "2026-11-24T10:00"), "Missing option '--from'"),
        (
            ("outage", "--from", "noon"),
            "--from: 'noon' is not a valid date and time; write it as 2026-11-24T15:52",
        ),
        (
            ("outage", "--from", "2026-11-24T10:00", "--to", "2026-11-24T10:00"),
            "is not after 24 Nov 2026 10:00:00",
        ),
        (("outage", "--from", "2026-01-01", "--to", "2026-11-24"), "is more than 60 days before"),
        (("why", "row:12"), "WORD: '12' is not a file name and row such as DE_EOE_RMC_"),
        (("why", "gmc:seven"), "WORD: 'seven' is not a number, and a GMC number is digits only"),
        (("why", "placement:"), "WORD: nothing follows placement:"),
    ],
)
def test_mistakes_are_reported_in_one_line(told: Story, words: tuple[str, ...], expected: str) -> None:
    said = told.program(*words)
    assert said.code == 2
    assert expected in said.text


def test_an_outage_is_told_by_its_times(told: Story) -> None:
    said = told.program(
        "outage", "--from", "2026-11-25T13:00", "--to", "2026-11-25T15:30", "--as-of", "2026-11-26"
    )
    assert said.text.splitlines()[0] == "From 25 Nov 2026 13:00:00 to 25 Nov 2026 15:30:00"
    assert "13 files to ESR that were due: APP, due 25 Nov 2026 14:00:00" in said.text
    now = datetime.now().astimezone()
    found = told.program("outage", "--from", now.replace(hour=0, minute=0).isoformat(), "--json").json
    assert found["days"] == [f"{now:%Y-%m-%d}"]


def test_rejections_are_told_in_esrs_own_words(told: Story) -> None:
    assert REFUSAL in answers(told, f"{APP_1}:4")[0]


def test_who_misses_the_deadline_is_listed_with_start_reason_and_who_must_act(told: Story) -> None:
    said = told.program("deadlines", "--as-of", "2026-12-11", "--json")
    assert said.code == 1
    found = said.json
    assert [(one["placement_id"], one["last_day"], one["days_left"]) for one in found["at_risk"]] == []
    at_risk = told.program("deadlines", "--as-of", "2026-12-08", "--days", "5", "--json").json["at_risk"]
    assert [(one["placement_id"], one["days_left"], one["reason"], one["who"]) for one in at_risk] == [
        (UNNUMBERED, 4, "missing: positionNumber", "the trust, in ESR"),
        (NO_BIRTH_DATE, 4, "missing: dob", "the local office, in TIS"),
    ]
    text = told.program("deadlines", "--as-of", "2026-12-12").text
    assert (
        f"placement {UNNUMBERED}, position 8 ({npn(8)}), starts 14 Dec 2026, last day to send 12 Dec 2026"
        in text
    )
    missed = told.program("deadlines", "--as-of", "2026-12-13", "--json").json["missed"]
    assert {one["placement_id"] for one in missed} >= {UNNUMBERED, NO_BIRTH_DATE}
