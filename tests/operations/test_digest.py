"""The day in plain words: what came, what went, what is late, whom that affects and who must act. On both engines."""

from datetime import date, datetime, timedelta

import msgspec
from tests.operations.alarms.invented import gap, judged
from tests.operations.applicant_records import record
from tests.operations.board.files_on_board import arrived, at, sent, terms
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.alarms.alarm import ALARMS
from tis_esr.operations.alarms.evaluation import EVALUATIONS, Evaluation
from tis_esr.operations.alarms.findings import Finding
from tis_esr.operations.alarms.lifecycle import changes
from tis_esr.operations.digest import Digest, digest
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES, InboundFile

YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def of_office(file: InboundFile | OutboundFile, deanery: str) -> InboundFile | OutboundFile:
    return msgspec.structs.replace(file, name=file.name.replace("EOE", deanery), deanery=deanery)


async def all_offices(bench: Bench, *without: str) -> None:
    """Have every office's file arrive, and its applicants and notifications sent; without some offices' applicants."""
    for office in DEANERIES:
        await bench.keep(FILES, of_office(arrived("RMC", at("14:09")), office))
        files = [sent("APP", at("14:01")), sent("DNC", at("15:01"), rows=2)]
        await bench.keep(
            OUTBOUND_FILES,
            *(of_office(f, office) for f in files if not (f.type == "APP" and office in without)),
        )


async def told(bench: Bench, now: datetime, deanery: str | None = None, day: date = TODAY) -> Digest:
    reader = bench.reader()
    try:
        return digest(reader, day=day, now=now, terms=terms(), deanery=deanery)
    finally:
        reader.close()


async def test_a_good_day_says_so(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench)
        found = await told(bench, at("17:30"))
    assert found.text.splitlines() == [
        "24 Nov 2026: 13 of 13 received; 13 sent; all well.",
        "Files from ESR: 13 of 13 received, the last at 14:09.",
        "Applicants: 39 applicants sent for 13 offices.",
        "Notifications: 26 notifications sent for 13 offices.",
        "Nobody has to do anything.",
    ]
    assert found.is_good


async def raise_alarms(bench: Bench, *found: Finding) -> None:
    raised = changes({}, judged(*found), at("17:29"), TODAY)
    await bench.keep(ALARMS, *(change.alarm for change in raised))


async def test_with_an_active_alarm_no_digest_says_that_all_is_well(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench)
        await raise_alarms(
            bench, gap(members=["DE_YHD_RMC_20261124_00004000.DAT"]), gap(kind="outbox-old", text="OLD")
        )
        all_, yhd, eoe = [await told(bench, at("17:30"), office) for office in (None, "YHD", "EOE")]
        after_midnight = await told(bench, at("01:00", TOMORROW))
    assert all_.headline == "13 of 13 received; 13 sent; 2 alarms are active"
    assert (all_.to_do, all_.is_good) == ([], False)
    assert all_.text.splitlines()[-3:] == [
        "2 alarms are active:",
        "critical: OLD (no owner)",
        "warning: a.DAT is refused (no owner)",
    ]
    assert yhd.headline.endswith("; 2 alarms are active")
    assert eoe.headline.endswith("; 1 alarm is active"), "the other names YHD only"
    assert after_midnight.headline.endswith("; 2 alarms are active now")


async def test_a_digest_says_that_no_alarm_is_active_only_if_alarms_are_judged(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench)
        unjudged = await told(bench, at("17:30"))
        await bench.keep(EVALUATIONS, Evaluation(process="one", at=at("17:29").timestamp()))
        now, later = await told(bench, at("17:30")), await told(bench, at("18:30"))
    assert unjudged.alarms == []
    assert now.alarms == ["No alarm is active."]
    assert later.alarms == ["Alarms were judged last on 24 Nov 2026 at 17:29."]
    assert "all well" in now.headline


async def test_an_office_that_is_late_is_named_with_whom_it_affects(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench, "YHD")
        days = [*[2] * 6, *[30] * 35]
        await bench.keep(
            APPLICANTS, *(record(n, TODAY + timedelta(days=start), "YHD") for n, start in enumerate(days, 1))
        )
        found = await told(bench, at("17:30"))
        own = await told(bench, at("17:30"), "YHD")
        other = await told(bench, at("17:30"), "EOE")
    assert found.headline == (
        "13 of 13 received; 12 sent; YHD late, 41 applicants affected, 6 leave the window tomorrow"
    )
    assert found.sentences == [
        "Files from ESR: 13 of 13 received, the last at 14:09.",
        "Applicants: 36 applicants sent for 12 offices; YHD late (due 14:00).",
        "Notifications: 26 notifications sent for 13 offices.",
        "6 applicants leave the window tomorrow, and can't be sent after that.",
    ]
    assert found.to_do == ["To do, support: find out why the applicants of YHD of 24 Nov 2026 did not go."]
    assert (found.expected, found.received, found.sent) == (13, 13, 12)
    assert (found.starters, found.leaving_tomorrow, found.is_good) == (41, 6, False)
    assert (
        own.headline
        == "1 of 1 received; 0 sent; YHD late, 41 applicants affected, 6 leave the window tomorrow"
    )
    assert (other.headline, other.is_good) == ("1 of 1 received; 1 sent; all well", True)


async def test_a_morning_tells_what_is_not_due_and_what_esr_has_not_answered(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await bench.keep(
            OUTBOUND_FILES,
            sent("APP", at("14:00", YESTERDAY), YESTERDAY),
            sent("DNC", None, YESTERDAY, state=OutboundState.NOTHING_TO_SEND, rows=0),
        )
        await bench.keep(FILES, arrived("RMC", at("14:00", YESTERDAY), YESTERDAY))
        found = await told(bench, at("09:00"), "EOE")
    assert found.headline == "0 of 1 received; 0 sent; EOE unanswered"
    assert found.sentences == [
        "Files from ESR: 0 of 1 received; 1 not due yet.",
        "Applicants: none sent; 1 not due yet.",
        "Notifications: none sent; 1 not due yet.",
        "ESR's answers about the applicants of 23 Nov 2026: 0 of 1; EOE unanswered (due 07:30).",
        "1 file of earlier days still needs somebody.",
    ]
    assert found.to_do == ["To do, support: ask ESR for the answer about applicants of EOE of 23 Nov 2026."]


async def test_an_office_with_nothing_to_send_is_not_counted_as_sent(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        idle = sent("APP", None, state=OutboundState.NOTHING_TO_SEND, rows=0)
        await bench.keep(OUTBOUND_FILES, sent("APP", at("14:01")), of_office(idle, "YHD"))
        one = await told(bench, at("15:00"), "YHD")
        every = await told(bench, at("15:00"))
    assert (one.sent, one.nothing_to_send) == (0, 1)
    assert one.headline.startswith("0 of 1 received; 0 sent; 1 had nothing to send")
    assert (every.sent, every.nothing_to_send) == (1, 1)
    assert every.headline.startswith("0 of 13 received; 1 sent; 1 had nothing to send; ")


async def test_a_file_that_is_being_written_is_not_sent_yet(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench, "YHD")
        stuck = of_office(sent("APP", None, state=OutboundState.ALLOCATED), "YHD")
        await bench.keep(OUTBOUND_FILES, stuck)
        early, late = await told(bench, at("14:20")), await told(bench, at("17:30"))
    assert (early.headline, early.sent) == ("13 of 13 received; 12 sent; all well", 12)
    assert early.sentences[1] == (
        "Applicants: 36 applicants sent for 12 offices; being written for 1 office."
    )
    assert (late.headline, late.sent) == ("13 of 13 received; 12 sent; YHD late", 12)


async def test_a_day_on_which_applicants_leave_the_window_unless_somebody_acts_is_no_good_day(
    benches: Benches,
) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench, "YHD")
        soon, unsound = TODAY + timedelta(days=2), {"state": RecordState.INVALID_DATA, "reason": "no GMC"}
        await bench.keep(
            APPLICANTS,
            *(record(n, soon, **unsound) for n in (1, 2)),
            record(3, soon, "KSS"),
            record(4, soon, "YHD"),
            record(5, TODAY + timedelta(days=20), **unsound),
        )
        before, after = await told(bench, at("14:20")), await told(bench, at("14:20"), "KSS")
        office = await told(bench, at("14:20"), "YHD")
    assert before.headline == "13 of 13 received; 12 sent; 3 leave the window tomorrow"
    assert before.to_do == [
        "To do, the local office, in TIS: correct today the data of 2 applicants who leave the window tomorrow.",
        "To do, support: write another file today for 1 applicant who leaves the window tomorrow.",
    ]
    assert not before.is_good
    assert after.to_do == before.to_do[1:]
    assert (office.to_do, office.is_good) == (["Nobody has to do anything."], True), "today's file has them"


async def test_a_file_that_could_be_used_only_in_part_is_no_good_day(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench)
        await bench.keep(FILES, of_office(arrived("RMC", at("14:09"), incomplete="it has no TRL row"), "KSS"))
        found = await told(bench, at("17:30"))
    assert found.headline == "13 of 13 received; 13 sent; KSS used in part"
    assert found.to_do == [
        "To do, support: look at what could not be used of the file from ESR of KSS of 24 Nov 2026."
    ]
    assert not found.is_good


async def test_a_digest_after_midnight_says_what_was_true_of_its_day_and_nothing_of_the_new_days_leavers(
    benches: Benches,
) -> None:
    """Who starts in 3 days leaves with tomorrow's file, which can have them still; who starts in 2 left with today's."""
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench)
        left, leaves_next = TODAY + timedelta(days=2), TODAY + timedelta(days=3)
        await bench.keep(APPLICANTS, *(record(n, leaves_next) for n in (1, 2)))
        good = await told(bench, at("01:00", TOMORROW))
        await bench.keep(
            APPLICANTS,
            record(3, left, state=RecordState.INVALID_DATA, reason="no GMC", known_since=YESTERDAY),
            record(4, left, known_since=TOMORROW),
        )
        bad = await told(bench, at("01:00", TOMORROW))
        started = await told(bench, at("12:00", leaves_next))
    assert good.text.splitlines() == [
        "24 Nov 2026: 13 of 13 received; 13 sent; all well.",
        "Files from ESR: 13 of 13 received, the last at 14:09.",
        "Applicants: 39 applicants sent for 13 offices.",
        "Notifications: 26 notifications sent for 13 offices.",
        "This is what was known on 25 Nov 2026 at 01:00.",
        "Nobody has to do anything.",
    ]
    assert (good.is_good, good.starters, good.leaving_tomorrow) == (True, None, None)
    assert bad.headline == "13 of 13 received; 13 sent; 1 left the window unsent"
    assert "1 applicant left the window by 24 Nov 2026 unsent." in bad.sentences
    assert bad.to_do == [
        "To do, the trust, in ESR: create the record of 1 applicant who left the window unsent."
    ]
    assert not bad.is_good
    assert started.headline.endswith(", 1 left the window unsent")
    assert not [line for line in started.to_do if "the trust" in line], "the trainee has started"


async def test_a_past_day_names_who_was_missing_and_asks_only_for_what_is_still_to_do(
    benches: Benches,
) -> None:
    """The applicants of the day before went with the next file; who waits now was not affected by that day."""
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench, "YHD")
        await bench.keep(APPLICANTS, *(record(n, TODAY + timedelta(days=n), "YHD") for n in range(3, 40)))
        before = await told(bench, at("03:00", TOMORROW), "YHD")
        later = of_office(sent("APP", at("14:01", TOMORROW), TOMORROW), "YHD")
        await bench.keep(OUTBOUND_FILES, later)
        after = await told(bench, at("14:30", TOMORROW), "YHD")
    assert before.headline == "1 of 1 received; 0 sent; YHD missing"
    assert before.to_do == ["To do, support: find out why the applicants of YHD of 24 Nov 2026 did not go."]
    assert after.headline == before.headline
    assert after.to_do == ["Nobody has to do anything."]
    assert not after.is_good


async def test_an_applicant_who_came_too_late_for_the_window_is_the_trusts_and_in_no_file(
    benches: Benches,
) -> None:
    """Who starts tomorrow has left the window before: no file of today can have them."""
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench)
        await bench.keep(APPLICANTS, record(1, TOMORROW))
        found = await told(bench, at("17:30"))
    assert found.headline == "13 of 13 received; 13 sent; 1 left the window unsent"
    assert found.to_do == [
        "To do, the trust, in ESR: create the record of 1 applicant who left the window unsent."
    ]


async def test_rejected_applicants_are_told_with_the_days_of_their_files(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await all_offices(bench)
        [file] = [f for f in (await bench.all(OUTBOUND_FILES)) if f.startswith("DE_EOE_APP")]
        states = (RecordState.CONFIRMED, RecordState.REJECTED)
        await bench.keep(FILES, arrived("APC", at("17:00")))
        await bench.keep(
            APPLICANTS,
            *(
                record(n, TODAY + timedelta(days=30), state=state, file=file, file_row=n)
                for n, state in enumerate(states, 1)
            ),
        )
        found = await told(bench, at("17:30"))
    assert "ESR rejected 1 applicant of the files of 23 Nov 2026 and 24 Nov 2026." in found.sentences
