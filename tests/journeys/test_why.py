"""``why`` on both engines: everything that was sent and answered, what changed since, and who must act."""

from collections.abc import Iterator

import pytest
from tests.journeys.program import ENGINES
from tests.journeys.story import (
    APC_1,
    APP_1,
    DCC_2,
    DELETED,
    DNC_2,
    DRAFT,
    EMPTY,
    GONE,
    MOVED,
    NEW,
    NO_BIRTH_DATE,
    NOT_DUE,
    OF_DELETED,
    OOP,
    REFUSAL,
    REFUSED,
    TOO_LATE,
    TOO_OLD,
    UNKNOWN_TO_TIS,
    UNNUMBERED,
    WARNED,
    WARNING,
    WITHOUT_POSITION,
    Story,
    npn,
    story,
)


@pytest.fixture(scope="module", params=ENGINES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with story(request.param, tmp_path_factory.mktemp("story")) as lived:
        yield lived


def answers(told: Story, word: object) -> list[str]:
    """Return each answer with who must act and what they do, in one line."""
    said = told.why(word, "--json")
    assert said.code == 0, said.text
    return [
        f"{a['about']}: {a['sentence']}. {a['who']}: {a['action']}".removesuffix(": ")
        for a in said.json["answers"]
    ]


SENT_1 = f"was sent to ESR on 24 Nov 2026 in {APP_1}, row 1; ESR accepted it (applicant number A1)"


def test_new_dates_that_were_sent_after_the_applicant_are_told_with_esrs_refusal(told: Story) -> None:
    first, dates, *_ = answers(told, MOVED)
    assert first == (
        f"Placement {MOVED} for position 1 ({npn(1)}, 24 Dec 2026 to 12 Jul 2027): {SENT_1} ({APC_1}, row 1). nobody"
    )
    assert dates.startswith(
        f"Notification of type 4 (new dates 4 Jan 2027 to 12 Jul 2027) for position 1: was sent to ESR on 25 Nov 2026 in {DNC_2}, row "
    )
    assert dates.endswith(
        f'; ESR rejected it with an error: "{TOO_OLD}" ({DCC_2}, row 1). the trust, in ESR: read ESR\'s message'
        " and create or correct the record in ESR manually"
    )


def test_a_withdrawal_that_was_sent_after_the_applicant_is_told(told: Story) -> None:
    first, withdrawal, *_ = answers(told, GONE)
    assert f"was sent to ESR on 24 Nov 2026 in {APP_1}, row 2; ESR accepted it" in first
    assert (
        f"Notification of type 2 (withdrawal) for position 2: was sent to ESR on 25 Nov 2026 in {DNC_2}, row "
        in withdrawal
    )
    assert withdrawal.endswith("; ESR has not answered yet. nobody")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (
            WARNED,
            f'; ESR accepted it with a warning: "{WARNING}" (applicant number A3) ({APC_1}, row 3). the trust,'
            " in ESR: read ESR's warning and check the record in ESR",
        ),
        (
            REFUSED,
            f'; ESR rejected it with an error: "{REFUSAL}" (applicant number A4) ({APC_1}, row 4). the trust,'
            " in ESR: read ESR's message; data corrected in TIS go with the next file; once the cause in ESR is gone:"
            f" tis-esr export applicants --resend {APP_1} --only 4",
        ),
        (
            NOT_DUE,
            ": is not due yet: it starts 13 weeks or more from 26 Nov 2026; it will be sent on 24 Dec 2026. nobody",
        ),
        (
            TOO_LATE,
            ": was not sent: its placement started before it could be sent. the trust, in ESR: create the record in ESR manually",
        ),
        (
            DRAFT,
            ": no applicant record is produced: it is DRAFT in TIS, not APPROVED. the local office, in TIS:"
            " approve the placement in TIS",
        ),
        (
            OOP,
            ": no applicant record is produced: its type is OOPT, which is not reported to ESR. the local office,"
            " in TIS: correct the placement's type in TIS if it is wrong",
        ),
        (
            UNNUMBERED,
            ": can't be sent: missing: positionNumber. the trust, in ESR: add it to the position in ESR; the"
            " record is sent once ESR's file has it",
        ),
        (
            NO_BIRTH_DATE,
            ": can't be sent: missing: dob. the local office, in TIS: add it in TIS; the record is built"
            " again with the next daily comparison",
        ),
        (
            WITHOUT_POSITION,
            f"Placement {WITHOUT_POSITION} in TIS ({npn(11)}, 24 Dec 2026 to 12 Jul 2027): can't be sent: ESR has"
            f" sent no position for the post number {npn(11)}. the trust, in ESR: create the position in ESR"
            " with this post number, or correct its post number",
        ),
        (
            OF_DELETED,
            ": can't be sent: ESR has deleted every position of its post. the trust, in ESR: create the"
            " position in ESR again if it is needed",
        ),
        (
            NEW,
            f": has not been processed yet: TIS did not have it as it is now when position {EMPTY} was last"
            f" reconciled. support: wait for the daily comparison with TIS, or run: tis-esr regenerate --placement {NEW}",
        ),
        (
            UNKNOWN_TO_TIS,
            f"Position {UNKNOWN_TO_TIS} (number 1020, {npn(404)}): is unmatched: no post in TIS has the number"
            f" {npn(404)}. the trust, in ESR: correct the post number in ESR, or have the local office create"
            " the post in TIS",
        ),
        (
            DELETED,
            ": was deleted by ESR, so nothing is sent for it. the trust, in ESR: create it again if needed",
        ),
    ],
)
def test_each_cause_has_a_sentence_of_its_own_and_the_one_who_must_act(
    told: Story, word: int, expected: str
) -> None:
    assert answers(told, word)[0].endswith(expected)


@pytest.mark.parametrize("word", [3, 1003, npn(3), npn(3).lower(), "7200003", f"  {WARNED} "])
def test_a_placement_is_found_by_position_id_and_number_post_number_and_gmc(
    told: Story, word: object
) -> None:
    assert any(f"Placement {WARNED} for position 3 " in answer for answer in answers(told, word))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (
            "5550001",
            "5550001: is unknown: TIS has no such placement or GMC number, and ESR has sent no such position.",
        ),
        (
            npn(999),
            f"{npn(999)}: is unknown: TIS has no such post number, and ESR has sent no such position with this post number.",
        ),
        (
            "19O0001",
            "19O0001: is probably mistyped: a post number has slashes; ids, position numbers and GMC"
            " numbers are digits only; a file's name is like DE_EOE_RMC_20261124_00000101.DAT.",
        ),
    ],
)
def test_what_neither_system_knows_is_told_from_a_typing_mistake(
    told: Story, word: str, expected: str
) -> None:
    said = told.why(word)
    assert said.code == 1
    assert said.text.splitlines()[0] == expected
    assert "  Who must act: you: check it" in said.text


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("", "WORD: it is empty; give a placement id"),
        ("1" * 16, "WORD: it has 16 digits, and the longest id has 15; give a placement id"),
        ("EOE/" + "X" * 90, "WORD: it has more than 60 characters, or unprintable ones"),
        ("EOE/\x1b[31m", "WORD: it has more than 60 characters, or unprintable ones"),
        ("²", "² is probably mistyped"),
    ],
)
def test_a_word_that_can_be_nothing_is_refused_in_one_line(told: Story, word: str, expected: str) -> None:
    said = told.why(word)
    assert said.code in {1, 2}
    assert expected.replace("² is", "²: is") in said.text


def test_without_tcs_it_says_that_tis_was_not_asked(told: Story) -> None:
    said = told.program("why", "5550001", "--as-of", "2026-11-26")
    assert said.code == 1
    assert said.text.splitlines() == [
        "5550001: is not known here: ESR has sent nothing about it. TIS could not be asked: the address of TCS is"
        " not set (TIS_ESR_TCS_URL or --tcs).",
        "  Who must act: you: run the command again with the address of TCS",
    ]


def test_with_tcs_away_what_is_known_here_is_told_all_the_same(told: Story) -> None:
    said = told.program("why", MOVED, "--as-of", "2026-11-26", "--tcs", "http://127.0.0.1:9/tcs")
    assert said.code == 0
    assert SENT_1 in said.text
    assert "TIS was not asked: TCS: GET /api/placements/{id} " in said.text


def test_the_window_is_that_of_the_settings(told: Story) -> None:
    said = told.program(
        "why", NOT_DUE, "--as-of", "2026-11-26", "--tcs", told.small.tcs.url, TIS_ESR_WINDOW_CLOSES_WEEKS="20"
    )
    assert "waits for the next APP file" in said.text
    said = told.program(
        "why", NOT_DUE, "--as-of", "2026-11-26", "--tcs", told.small.tcs.url, TIS_ESR_WINDOW_CLOSES_WEEKS="10"
    )
    assert "it starts 10 weeks or more from 26 Nov 2026; it will be sent on 14 Jan 2027" in said.text


def test_what_tis_has_otherwise_now_and_esr_was_not_told_is_said(told: Story) -> None:
    placement = told.small.tcs.simulator.store.placements[REFUSED]
    before = placement["dateTo"]
    placement["dateTo"] = "2027-03-31"
    try:
        assert (
            f"Placement {REFUSED} in TIS: is now 23 Jan 2027 to 31 Mar 2027, which has not been sent to ESR yet. support:"
            f" wait for the daily comparison with TIS, or run: tis-esr regenerate --placement {REFUSED}"
        ) in answers(told, REFUSED)
    finally:
        placement["dateTo"] = before


def test_the_timeline_has_days_and_times_and_counts_handled_messages_on_a_narrow_terminal(
    told: Story,
) -> None:
    said = told.why(MOVED, "--json")
    timeline = said.json["timeline"]
    assert [event["at"] for event in timeline] == sorted(event["at"] for event in timeline)
    assert all(event["at"] for event in timeline)
    narrow = told.program("why", MOVED, "--as-of", "2026-11-26", COLUMNS="60")
    steps = [event for event in timeline if event["is_step"]]
    assert "esr.queue.position.reconciled.notificationgenerator: Done" in [event["what"] for event in steps]
    assert "esr.queue" not in narrow.text
    assert f"  {len(steps)} messages of these rows were handled, the last at " in narrow.text
    assert (
        "  24 Nov 2026  DE_EOE_RMC_20261124_00000101.DAT:1  row (position and its post, POR): Applied"
        in narrow.text
    )


def test_a_post_without_a_position_and_a_person_without_a_placement_are_told_apart(told: Story) -> None:
    store = told.small.tcs.simulator.store
    store.put_post({"id": 777, "nationalPostNumber": npn(777), "status": "CURRENT"})
    [answer] = answers(told, npn(777))
    assert answer.startswith(
        f"Post {npn(777)} in TIS: can't be sent: ESR has sent no position for the post number"
    )
    [answer] = answers(told, "7200011")
    assert answer.startswith(f"Placement {WITHOUT_POSITION} in TIS")
