"""What is wrong becomes one finding a cause, with everything it affects; what is usual becomes none."""

from datetime import date, timedelta

import msgspec
import pytest
from tests.operations.alarms.invented import DAY, NOON, judged

from tis_esr.decisions.promise import MissReason
from tis_esr.decisions.who import Who
from tis_esr.engine.protocol import Depths
from tis_esr.engine.reader_protocol import Trace
from tis_esr.operations.alarms.alarm import What
from tis_esr.operations.alarms.deliveries import SinkStatus
from tis_esr.operations.alarms.judge_files import (
    Answered,
    bad_files,
    missing_numbers,
    unconfirmed,
    unusual_rejections,
)
from tis_esr.operations.alarms.judge_people import Leaving, leaving_window, promise_at_risk, status_drift
from tis_esr.operations.alarms.judge_process import ProcessFacts, process_findings
from tis_esr.operations.alarms.judge_queues import (
    backlog,
    outbox,
    parked,
    parked_repeatedly,
    without_consumer,
)
from tis_esr.operations.alarms.judge_sinks import failing
from tis_esr.operations.alarms.lifecycle import changes
from tis_esr.operations.alarms.notice import lines_of, notice_of
from tis_esr.operations.ledger import Gap
from tis_esr.operations.promise.promise import Counts, Due, Per, Promise
from tis_esr.operations.status_check.differences import Difference, DifferenceKind
from tis_esr.operations.status_check.stored_run import StatusRun
from tis_esr.operations.unconfirmed import Unconfirmed
from tis_esr.services.data_exporter.deadline_guard import Unsent
from tis_esr.services.inbound_data_reader.file_ledger import FileState, InboundFile

A, B = "esr.queue.por.split", "esr.queue.pos.split"


def file(deanery: str, state: FileState, **changes: object) -> InboundFile:
    name = f"DE_{deanery}_RMC_20261124_00000101.DAT"
    usual = {
        "name": name,
        "deanery": deanery,
        "type": "RMC",
        "counter": "RMT",
        "day": DAY,
        "reason": "no header",
    }
    return InboundFile(state=state, **{**usual, **changes})  # type: ignore[arg-type]


def test_files_held_on_one_day_are_one_finding_with_their_names() -> None:
    files = [file(office, FileState.HELD) for office in ("KSS", "EOE", "LDN")]
    [found] = bad_files([*files, file("WES", FileState.SPLIT)])
    assert found.id == "file-held:2026-11-24"
    assert found.members == [f"DE_{office}_RMC_20261124_00000101.DAT" for office in ("EOE", "KSS", "LDN")]
    assert found.text == "3 files held: no header; dated 24 Nov 2026"
    assert found.consequence == "affects EOE, KSS, LDN"


def test_files_that_are_bad_for_different_reasons_are_named_with_their_own() -> None:
    files = [
        file("EMD", FileState.SPLIT, incomplete="TRL counts 266 rows, the file has 259 and 1 blank"),
        file("KSS", FileState.SPLIT, incomplete="it ends without TRL"),
        file("LDN", FileState.SPLIT, incomplete="it ends without TRL"),
    ]
    [found] = bad_files(files)
    assert found.text == (
        "3 files incomplete: TRL counts 266 rows, the file has 259 and 1 blank (DE_EMD_RMC_20261124_00000101.DAT);"
        " it ends without TRL (2 files); dated 24 Nov 2026"
    )


def test_refused_and_other_content_are_one_kind_incomplete_is_another_and_settled_none() -> None:
    found = bad_files(
        [
            file("EOE", FileState.REFUSED),
            file("EOE", FileState.OTHER_CONTENT, copy="2"),
            file("LDN", FileState.SPLIT, incomplete="it ends without TRL"),
            file("WES", FileState.REFUSED).settle("seen"),
        ]
    )
    assert {one.id: one.number for one in found} == {
        "file-refused:2026-11-24": 2,
        "file-incomplete:2026-11-24": 1,
    }


def gap(deanery: str, settled: str = "") -> Gap:
    return Gap(
        name=f"{deanery}-RMT-7", deanery=deanery, type="RMT", first=7, last=7, shown_by="DE_EOE_RMC_20261124_00000008.DAT",
        text=f"number 7 of {deanery} has not arrived", settled=settled,
    )  # fmt: skip


def test_missing_numbers_of_all_offices_are_one_finding() -> None:
    [found] = missing_numbers([gap("EOE"), gap("LDN"), gap("WES", settled="never written")], NOON.date())
    assert (found.id, found.members) == ("file-gap:RMT", ["EOE-RMT-7", "LDN-RMT-7"])
    assert found.text == "2 files of RMT did not arrive, though later numbers did"
    [single] = missing_numbers([gap("EOE")], NOON.date())
    assert single.text == "number 7 of EOE has not arrived"


def test_a_jump_of_the_numbers_by_any_width_is_found_and_watched_for_weeks() -> None:
    for last in (1101, 99999998):
        name = f"DE_EOE_RMC_20261124_{last + 1:08}.DAT"
        jump = msgspec.structs.replace(gap("EOE"), first=102, last=last, shown_by=name)
        [found] = missing_numbers([jump], NOON.date())
        assert found.watched_until is not None
        assert found.watched_until > NOON + timedelta(days=50)


def test_a_gap_before_a_file_that_is_held_for_its_impossible_date_is_found_and_watched_for_weeks() -> None:
    shown_by = "DE_EOE_RMC_99991231_00000008.DAT"
    [found] = missing_numbers([msgspec.structs.replace(gap("EOE"), shown_by=shown_by)], NOON.date())
    assert found.watched_until is not None
    assert NOON + timedelta(days=50) < found.watched_until < NOON + timedelta(days=60)


def late(kind: str, rows: int, settled: str = "") -> Unconfirmed:
    return Unconfirmed(
        name=f"DE_EOE_{kind}_20261123_00000007.DAT", deanery="EOE", type=kind, day=date(2026, 11, 23), rows=rows,
        due=date(2026, 11, 24), suspected=[], settled=settled, text=f"no answer to {kind}", to_do="",
    )  # fmt: skip


def test_an_unconfirmed_app_may_be_quarantined_and_a_dnc_is_overdue() -> None:
    found = unconfirmed([late("APP", 41), late("DNC", 1200), late("APP", 3, settled="it came")])
    assert [(one.id, one.consequence) for one in found] == [
        ("confirmation-overdue:2026-11-23", "1,200 notifications may not be in ESR"),
        ("suspected-quarantine:2026-11-23", "41 applicants may not be in ESR"),
    ]


def answered(days_ago: int, rejected: int, rows: int = 100) -> Answered:
    day = DAY - timedelta(days=days_ago)
    return Answered(name=f"APP of {day}", type="APP", day=day, rows=rows, rejected=rejected)


@pytest.mark.parametrize(
    ("usually", "today", "is_unusual"), [(2, 20, True), (10, 20, False), (0, 4, False), (0, 5, True)]
)
def test_rejections_are_unusual_by_their_share_and_a_few_never_are(
    usually: int, today: int, is_unusual: bool
) -> None:
    usual = [answered(day, usually) for day in range(5, 25)]
    found = unusual_rejections([answered(1, today)], usual)
    assert bool(found) is is_unusual
    if found:
        assert found[0].text == f"ESR rejected {today} of 100 rows of 1 APP file of 23 Nov 2026"


def test_queues_without_a_consumer_name_the_services_that_do_not_run() -> None:
    by_service = {"Reconciliation": [A], "AppGenerator": [B]}
    assert without_consumer([], by_service) == []
    [found] = without_consumer([A], by_service)
    assert (found.text, found.members) == ("no process runs Reconciliation", [A])
    [all_] = without_consumer([A, B], by_service)
    assert all_.text == "no process reads any queue: no service is running"


def test_old_backlogs_of_several_queues_are_one_finding_and_a_fresh_one_is_none() -> None:
    depths = Depths({A: (7, 1801.0), B: (5, 7300.0), "esr.queue.young": (900, 1700.0)}, {})
    [found] = backlog(depths, NOON)
    assert found.members == sorted([A, B])
    assert found.text == f"12 messages wait; the oldest for 2 hours in {B}"
    assert found.since == NOON - timedelta(seconds=5500)
    assert backlog(Depths({A: (9, 1800.0)}, {}), NOON) == []


def test_an_outbox_that_rabbitmq_does_not_accept_is_found_after_two_minutes() -> None:
    assert outbox(Depths({}, {}, outbox=3, outbox_oldest=120.0), NOON) == []
    [found] = outbox(Depths({}, {}, outbox=3, outbox_oldest=300.0), NOON)
    assert found.text == "3 committed messages are not delivered, the oldest for 5 minutes"


def trace(reason: str, hours: float, row: int = 2) -> Trace:
    """Return a message that was sent two days before, and parked that many hours before."""
    return Trace(
        seq=row, id=str(row), queue=A, state="parked", attempts=1, correlation_id="c", source_file="F.DAT", row=row,
        reason=reason, at=NOON.timestamp() - 48 * 3600, parked_at=NOON.timestamp() - hours * 3600,
    )  # fmt: skip


def test_parked_messages_with_one_cause_are_one_finding_since_the_oldest() -> None:
    some = [trace("unknown record type 'XYZ'", 25, 5), trace("unknown record type 'ABC'", 1, 6)]
    other, found = parked([*some, trace("post 7 is gone", 0)])
    assert found.id == "parked-old:por.split:unknown-record-type"
    assert found.members == ["F.DAT row 5", "F.DAT row 6"]
    assert found.text == f"2 messages are parked in {A}: unknown record type …"
    assert found.since == NOON - timedelta(hours=25)
    assert (other.id, other.text) == (
        "parked-old:por.split:post-is-gone",
        f"1 message is parked in {A}: post … is gone",
    )


def test_reasons_that_differ_only_in_what_an_id_does_not_show_are_one_finding_and_none_is_lost() -> None:
    [found] = parked([trace("post 7: gone", 25, 5), trace("post 'x' gone", 1, 6)])
    assert (found.id, found.number) == ("parked-old:por.split:post-gone", 2)
    assert found.members == ["F.DAT row 5", "F.DAT row 6"]
    long = "the value of a column is longer than the column of the file allows"
    [found] = parked([trace(f"{long} {end}", 1) for end in ("here", "there")])
    assert found.number == 2


def test_a_message_that_is_parked_again_after_each_retry_is_found_by_its_whole_age() -> None:
    assert parked_repeatedly(Depths({}, {}, open_longest=86400.0), NOON) == []
    [found] = parked_repeatedly(Depths({}, {}, open_longest=90000.0), NOON)
    assert (found.id, found.since) == ("parked-old:any", NOON - timedelta(hours=25))


def leaving(
    placement: int, who: Who, *, days: int = 0, ready: bool = False, missed: bool = False, office: str = "EOE"
) -> Leaving:
    one = Unsent(
        record=f"{placement}:12", deanery=office, starts=DAY + timedelta(days=2 + days),
        deadline="MISSED" if missed else "LEAVING", reason="nationality is missing", who=who, action="",
    )  # fmt: skip
    return Leaving(unsent=one, day=DAY + timedelta(days=days), is_ready=ready)


def test_each_office_has_its_own_finding_for_missing_data_and_who_leaves_today_is_urgent() -> None:
    records = [
        leaving(1, Who.LOCAL_OFFICE),
        leaving(2, Who.LOCAL_OFFICE, days=1),
        leaving(3, Who.LOCAL_OFFICE, days=1, office="LDN"),
        leaving(4, Who.TRUST, missed=True),
    ]
    found = {one.id: one for one in leaving_window(records, DAY, set())}
    eoe, ldn = found["applicants-leaving-window:EOE"], found["applicants-leaving-window:LDN"]
    assert eoe.members == ["EOE 1:12, starts 26 Nov 2026", "EOE 2:12, starts 27 Nov 2026"]
    assert eoe.text == "2 unsent applicants: 1 leaves the window today, 1 within days"
    assert (eoe.urgent, ldn.urgent) == (True, False)
    assert found["applicants-leaving-window:trusts"].text == "1 unsent applicant: 1 has left it"


def test_who_goes_with_todays_file_is_not_about_to_miss_it_until_the_file_is_written_without_them() -> None:
    ready = [leaving(1, Who.SUPPORT, ready=True)]
    assert leaving_window(ready, DAY, set()) == []
    [found] = leaving_window(ready, DAY, {"EOE"})
    assert (found.id, found.urgent) == ("applicants-leaving-window:support", True)


def waiting(number: int, start: date, reason: MissReason | None, who: Who) -> Due:
    return Due(
        placement=number, deanery="EOE", trust="RX1", starts=start, days_left=3, reason=reason, who=who
    )


def test_the_promise_is_at_risk_in_a_week_that_misses_it_unless_somebody_acts() -> None:
    soon, later, far = date(2027, 2, 22), date(2027, 3, 1), date(2027, 3, 15)  # Mondays
    lines = [
        Counts(name=str(soon), trainees=20, in_time=10, missed=1, due=9),
        Counts(name=str(later), trainees=20, in_time=0, due=20),
        Counts(name=str(far), trainees=2, due=2),
    ]
    due = [
        waiting(1, soon + timedelta(days=2), MissReason.DATA_MISSING, Who.LOCAL_OFFICE),
        waiting(2, soon, MissReason.NO_POSITION, Who.TRUST),
        waiting(3, soon, None, Who.NOBODY),
        waiting(4, later, MissReason.DATA_MISSING, Who.LOCAL_OFFICE),
        waiting(5, later, MissReason.DATA_MISSING, Who.LOCAL_OFFICE),
        waiting(6, far, MissReason.DATA_MISSING, Who.LOCAL_OFFICE),
        waiting(7, far, MissReason.DATA_MISSING, Who.LOCAL_OFFICE),
    ]
    known = Promise(
        day=DAY, weeks=15, by=Per.START, promised_days=84, promised_share=0.9, total=Counts(name="all"),
        lines=lines, months=[], due=due, misses=[],
    )  # fmt: skip
    [found] = promise_at_risk(known, DAY)
    assert found.members == ["week of 22 Feb 2027: 17 of 20"]
    assert found.text == "1 week of starts will miss the 12-week promise: 2 trainees are blocked"
    assert found.consequence == "who acts: the local office, in TIS (1), the trust, in ESR (1)"


def test_statuses_that_tis_lacks_are_one_finding_without_those_repaired_or_listed_twice() -> None:
    def differs(kind: DifferenceKind, id_: int) -> Difference:
        return Difference(
            kind=kind, of="placement", id=id_, deanery="EOE", position_id=1, position_number=1001
        )

    run = StatusRun(begun_at=1.0, deaneries=["EOE"], repairs=False, finished_at=2.0)
    assert status_drift(run) == []
    twice = run.with_differences([differs(DifferenceKind.DOUBLED, 9)])
    assert status_drift(twice) == []
    lacking = twice.with_differences(
        [differs(DifferenceKind.MISSING, 7), differs(DifferenceKind.DIFFERENT, 8)]
    )
    [found] = status_drift(lacking)
    assert found.text == "TIS shows 2 wrong ESR statuses, by the last comparison"
    assert found.members == ["EOE placement 7", "EOE placement 8"]
    assert status_drift(msgspec.structs.replace(lacking, repaired=2)) == []
    many = run.with_differences([differs(DifferenceKind.MISSING, id_) for id_ in range(612)])
    [found] = status_drift(msgspec.structs.replace(many, repaired=12))
    assert (found.text, found.number) == ("TIS shows 600 wrong ESR statuses, by the last comparison", 600)
    [raised] = changes({}, judged(found), NOON, DAY)
    notice = notice_of(raised.alarm, What.RAISED, NOON, "")
    assert "and 587 more" in "\n".join(lines_of(notice))


def facts(**changes: object) -> ProcessFacts:
    usual = {
        "name": "host-7", "breaker": "closed", "limit": 8, "restarted": {}, "clock_skew": 0.0,
        "disks": {"state": 0.5}, "memory": 0.2,
    }  # fmt: skip
    return ProcessFacts(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"breaker": "open"}, "tcs-breaker-open", "TCS does not answer host-7: its circuit breaker is open"),
        ({"breaker": "half-open", "limit": 1}, "tcs-breaker-open", "its circuit breaker is half-open"),
        ({"limit": 1}, "tcs-limit-low", "host-7 makes one call to TCS at a time"),
        ({"disks": {"state": 0.05, "inbound": 0.4}}, "disk-space", "free disk space on host-7: state 5%"),
        ({"memory": 0.93}, "memory-high", "host-7 uses 93% of its memory limit"),
        ({"restarted": {"ledger of files": 2}}, "task-restarts", "host-7 restarted ledger of files (2) within an hour"),
        ({"clock_skew": -41.0}, "clock-skew", "the clock of host-7 is 41 s behind that of the store"),
    ],
)  # fmt: skip
def test_a_process_finds_what_is_wrong_with_itself(changes: dict[str, object], kind: str, said: str) -> None:
    [found] = process_findings(facts(**changes))
    assert found.id == f"{kind}:host-7"
    assert said in found.text


def test_a_process_in_order_finds_nothing_also_where_memory_is_not_known_or_it_calls_no_tcs() -> None:
    assert process_findings(facts()) == process_findings(facts(memory=None, limit=0)) == []


def test_a_receiver_fails_once_its_oldest_message_has_waited_for_a_quarter_of_an_hour() -> None:
    at = NOON.timestamp()
    slow = SinkStatus(
        sink="slack", waiting=3, oldest_at=at - 900, attempts=4, error="answered 500", sent_at=0
    )
    quick = SinkStatus(
        sink="mail", waiting=1, oldest_at=at - 800, attempts=1, error="answered 451", sent_at=0
    )
    [found] = failing([slow, quick], NOON)
    assert (found.id, found.text) == ("sink-failing:slack", "3 messages wait for slack; it answered 500")
