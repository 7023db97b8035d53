"""What would go now is what the export then sends; a file is requested only for the rows that were confirmed. On both engines."""

from datetime import timedelta

import pytest
from tests.operations.applicant_records import EXPORTER, record, starting
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.records import draft, notifications
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.trail import Person, entries
from tis_esr.operations.exports.details import ExportDetails, export_details
from tis_esr.operations.exports.going import Going, would_go
from tis_esr.operations.exports.overview import ExportLine, overview
from tis_esr.operations.exports.requesting import (
    FileRequests,
    RowsChangedError,
    request_confirmed,
    requests_of,
)
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, NOTIFICATION_EXPORT, ExportRun
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RecordState,
    Sending,
)
from tis_esr.services.data_exporter.region_starts import REGION_STARTS, RegionStart, RegionStartingError

WINDOW = ApplicantWindow()
COMMAND = "esr.queue.appfilegenerationcommand"
PERSON = Person("ann", "console")


def going(bench: Bench, type_: str = "APP") -> Going:
    reader = bench.reader()
    try:
        return would_go(reader, "EOE", type_, TODAY, WINDOW)
    finally:
        reader.close()


def line(bench: Bench, type_: str = "APP", office: str = "EOE") -> ExportLine:
    reader = bench.reader()
    try:
        return next(
            one for one in overview(reader, ["EOE", "LDN"], TODAY, WINDOW) if one.key == f"{office}:{type_}"
        )
    finally:
        reader.close()


def details(bench: Bench) -> ExportDetails:
    reader = bench.reader()
    try:
        return export_details(reader, "EOE", "APP", TODAY, WINDOW)
    finally:
        reader.close()


def asked(bench: Bench, *exports: tuple[str, str]) -> FileRequests:
    reader = bench.reader()
    try:
        return requests_of(reader, exports or [("EOE", "APP")], TODAY, WINDOW)
    finally:
        reader.close()


async def some(bench: Bench) -> None:
    """Store applicants of every kind that a file may have, leave, or hold back."""
    lacking = {"state": RecordState.INVALID_DATA, "reason": "missing: dob", "missing": ["dob"]}
    sound = record(1, starting(-20), position_id=1)
    await bench.keep(
        APPLICANTS,
        sound,
        record(2, starting(-10), position_id=2, earlier=[Sending("DE_EOE_APP_20261101_00000001.DAT", 3)]),
        record(3, starting(-9), position_id=3, same_as="1", person_id=1),
        record(4, starting(-8), position_id=4, fields={**sound.fields, "lastName": "x" * 500}),
        record(5, starting(1), position_id=5),
        record(6, TODAY + timedelta(days=1), position_id=6),
        record(7, starting(-7), position_id=7, **lacking),
        record(8, starting(-7), position_id=8, **lacking),
        record(9, starting(-7), "LDN", position_id=9),
        *(
            record(n, starting(-3), position_id=n, deanery_number="EOE/RX1/800/STR/0002")
            for n in range(20, 62)
        ),
    )


async def test_what_would_go_is_what_the_export_sends(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await some(bench)
        found = going(bench)
        run = ExportRun(
            bench.runner.work, Folder(bench.out, make=True), APPLICANT_EXPORT, only_compared=False
        )
        [file] = await run.run(TODAY, ["EOE"], occasion="by hand")
        stored = await bench.all(APPLICANTS)
    sent = sorted((one.file_row, one.key) for one in stored.values() if one.file == file.name)
    assert [one.key for one in found.going] == [key for _, key in sent]
    assert [one.key for one in found.going][:3] == ["1:1", "2:2", "20:20"]
    assert len(found.going) == 42
    assert ([one.key for one in found.duplicates], [one.key for one, _ in found.held_back]) == (
        ["3:3"],
        ["4:4"],
    )
    assert (found.later, found.is_cut) == (2, False)
    assert file.held_back == len(found.held_back)


async def test_notifications_that_would_go_are_those_that_the_export_sends(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([notifications(1, draft("1:now:7"), draft("5:7", "5", "new"))])
        found = going(bench, "DNC")
        run = ExportRun(
            bench.runner.work, Folder(bench.out, make=True), NOTIFICATION_EXPORT, only_compared=False
        )
        [file] = await run.run(TODAY, ["EOE"], occasion="by hand")
        stored = await bench.all(NOTIFICATIONS)
    assert {one.key for one in found.going} == {one.key for one in stored.values() if one.file == file.name}
    assert len(found.going) == file.rows == 2


async def test_a_line_counts_what_would_go_and_what_would_not(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await some(bench)
        found, other, none = line(bench), line(bench, office="LDN"), line(bench, "DNC")
    assert (found.going, found.new, found.again) == (42, 41, 1)
    assert (found.held, found.held_back, found.later, found.not_due, found.too_late) == (2, 1, 2, 1, 1)
    assert (found.last, found.more_than_last, found.withheld) == (None, None, False)
    assert (other.going, none.going) == (1, 0)


async def test_after_the_export_a_line_compares_with_the_file_of_today(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await some(bench)
        run = ExportRun(
            bench.runner.work, Folder(bench.out, make=True), APPLICANT_EXPORT, only_compared=False
        )
        await run.run(TODAY, ["EOE"], occasion="by hand")
        found, shown = line(bench), details(bench)
        [name] = [file.name for file in (await bench.all(OUTBOUND_FILES)).values() if file.rows]
    assert found.last is not None
    assert (found.last.name, found.last.rows) == (name, 42)
    assert (found.going, found.more_than_last) == (2, -40)
    assert [(one.what, one.now, one.last) for one in shown.compared] == [("RX1", 2, 42)]


async def test_what_is_held_is_grouped_by_reason_with_who_must_act(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await some(bench)
        found = details(bench)
    first, second = found.held
    assert (first.reason, first.records, first.who) == ("missing: dob", 2, "the local office, in TIS")
    assert first.words == ["placement:7", "placement:8"]
    assert (second.records, second.words) == (1, ["placement:4"])
    assert "lastName" in second.reason
    assert [(row.record, row.before) for row in found.rows[:2]] == [
        ("1:1", ""),
        ("2:2", "DE_EOE_APP_20261101_00000001.DAT"),
    ]


async def test_a_confirmed_file_is_requested_with_an_audit_entry(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await some(bench)
        work = bench.runner.work()
        await request_confirmed(work, PERSON, asked(bench), "the office asked for it")
        await work.commit()
        [_] = await bench.waiting(COMMAND, 1)
        [entry] = entries(bench.reader())
    assert (entry.who, entry.via, entry.act, entry.on) == ("ann", "console", "export.files", ["EOE"])
    assert (entry.why, entry.result) == (
        "the office asked for it",
        "requested APP of 24 Nov 2026 with 42 rows",
    )


async def test_rows_that_changed_since_they_were_confirmed_are_refused_with_the_difference(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await some(bench)
        confirmed = asked(bench, ("EOE", "APP"), ("LDN", "APP"))
        await bench.keep(APPLICANTS, record(70, starting(-7), "LDN", position_id=70))
        work = bench.runner.work()
        with pytest.raises(RowsChangedError, match=r"LDN APP: 1 row then, 2 now") as refused:
            await request_confirmed(work, PERSON, confirmed, "the office asked for it")
        assert refused.value.changed == {"LDN APP": (1, 2)}
        assert entries(bench.reader()) == []


async def test_while_a_region_starts_nothing_else_is_requested(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await some(bench)
        await bench.keep(REGION_STARTS, RegionStart(deanery="EOE"))
        assert line(bench).withheld
        with pytest.raises(RegionStartingError):
            await request_confirmed(bench.runner.work(), PERSON, asked(bench), "because")
