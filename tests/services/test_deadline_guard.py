"""Who is about to leave the window goes before all others; whoever still is not sent is named, with the reason and who must act. On both engines."""

from typing import Any

from structlog.testing import capture_logs
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere
from tests.services.records import applicant, applicants

from tis_esr.services.contracts.commands import APPLICANT_COMMAND

LEAVES, CAN_WAIT, TOO_LATE = 2, 3, 1
"""Days from today until the start."""
GMC_COLUMN = 20


async def exported(bench: Bench, occasion: str = "by hand") -> tuple[list[int], list[dict[str, Any]]]:
    """Make the file; return the placements in all files in the order of their rows, and the warnings about deadlines."""
    with capture_logs() as logs:
        rows = await export(bench, APPLICANT_COMMAND, occasion)
    placements = [int(row.split(",")[GMC_COLUMN].strip('"')) - 7_200_000 for row in rows]
    return placements, [log for log in logs if "window" in log["event"]]


async def test_who_leaves_the_window_goes_before_who_can_wait_whatever_came_first(benches: Benches) -> None:
    """ESR takes 40 of a post in a file: of 45 the five who can wait stay for the next, though they came first."""
    early = [applicant(number, CAN_WAIT) for number in range(1, 41)]
    late = [applicant(number, LEAVES) for number in range(101, 106)]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, *early)], [applicants(2, *early, *late)])
        placements, warnings = await exported(bench)
    assert placements == [*range(101, 106), *range(1, 36)]
    assert warnings == []


async def test_who_leaves_the_window_and_finds_no_room_is_named_and_goes_with_another_file_of_the_day(
    benches: Benches,
) -> None:
    leaving = [applicant(number, LEAVES) for number in range(1, 43)]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, *leaving)])
        placements, warnings = await exported(bench)
        assert placements == list(range(1, 41))
        assert warnings == [
            {
                "event": "applicant_leaves_window",
                "log_level": "warning",
                "record": f"{number}:1",
                "deanery": "EOE",
                "starts": "2026-11-26",
                "reason": "it was created after the file, or the file had 40 records of its post",
                "owner": "support",
            }
            for number in (41, 42)
        ]
        assert await exported(bench, "again") == (list(range(1, 43)), [])


async def test_who_is_held_back_by_data_on_the_last_day_or_came_too_late_is_named_with_who_must_act(
    benches: Benches,
) -> None:
    some = [
        applicant(1, LEAVES, missing=("dob",), surname="Verysecret"),
        applicant(2, LEAVES, missing=("positionNumber",)),
        applicant(3, TOO_LATE),
        applicant(4, CAN_WAIT, missing=("dob",)),
        applicant(5, LEAVES),
    ]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, *some)])
        placements, warnings = await exported(bench)
    assert placements == [5]
    assert {(w["record"], w["event"], w["reason"], w["owner"]) for w in warnings} == {
        ("1:1", "applicant_leaves_window", "missing: dob", "the local office, in TIS"),
        ("2:1", "applicant_leaves_window", "missing: positionNumber", "the trust, in ESR"),
        (
            "3:1",
            "applicant_missed_window",
            "the window closed before a file had it",
            "the trust, in ESR",
        ),
    }
    assert "Verysecret" not in str(warnings)


async def test_of_very_many_who_leave_only_the_first_are_logged(benches: Benches) -> None:
    some = [applicant(number, LEAVES, missing=("dob",)) for number in range(1, 61)]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, *some)])
        _, warnings = await exported(bench)
    assert [w["record"] for w in warnings[:-1]] == [f"{number}:1" for number in range(1, 51)]
    assert warnings[-1] == {
        "event": "more_applicants_leave_window",
        "log_level": "warning",
        "deanery": "EOE",
        "logged": 50,
    }
