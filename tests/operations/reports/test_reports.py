"""Reports have a row for each thing and sums over them; what is personal only where it is asked for. On both engines."""

from random import Random
from typing import Any

from tests.operations.applicant_records import EXPORTER, record, starting
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.making import make_report
from tis_esr.operations.reports.report import Filters, Report
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import APPLICANTS, EsrAnswer, RecordState
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, JournalEntry, Outcome
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.simulation.days.generated_world import World

ALL = Filters(deaneries=list(DEANERIES))
ST, FY = "EOE/RX1/800/STR/0001", "EOE/RX2/021/FY1/0002"


async def reported(bench: Bench, kind: ReportKind, filters: Filters = ALL, **more: Any) -> Report:
    reader = bench.reader()
    try:
        window = ApplicantWindow()
        return await make_report(reader, kind, filters, TODAY, window=window, weeks=4, tcs=None, **more)
    finally:
        reader.close()


def position(number: int, post: str, **more: Any) -> Position:
    return Position(
        position_id=number, position_number=number + 1000, deanery="EOE", deanery_number=post, **more
    )


async def test_positions_are_listed_by_state_and_summed_by_trust_office_specialty_and_grade(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            POSITIONS,
            position(1, ST, status="MATCHED", post_id=7),
            position(2, ST, status="UNMATCHED"),
            position(3, FY, status="MATCHED", post_id=8, deleted=True),
            position(4, FY),
        )
        found = await reported(bench, ReportKind.POSITIONS)
        only = await reported(bench, ReportKind.POSITIONS, Filters(deaneries=["EOE"], trust="rx2"))
        other = await reported(bench, ReportKind.POSITIONS, Filters(deaneries=["LDN"]))
    assert [(row["position_number"], row["state"]) for row in found.rows] == [
        (1001, "matched"),
        (1002, "unmatched"),
        (1003, "deleted"),
        (1004, "not reconciled"),
    ]
    assert [(one.by, one.value, one.rows) for one in found.sums] == [
        ("trust", "RX1", 2),
        ("trust", "RX2", 2),
        ("office", "EOE", 4),
        ("specialty", "021", 2),
        ("specialty", "800", 2),
        ("grade", "FY1", 2),
        ("grade", "STR", 2),
    ]
    assert found.sums[0].states == {"matched": 1, "unmatched": 1}
    assert [row["position_number"] for row in only.rows] == [1003, 1004]
    assert (other.rows, other.sums) == ([], [])


async def test_a_report_for_a_trust_has_no_ids_of_tis(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(POSITIONS, position(1, ST, status="MATCHED", post_id=7, other_post_ids=[8]))
        own = Filters(deaneries=["EOE"], trust="RX1")
        trust = await reported(bench, ReportKind.POSITIONS, own, for_trust=True)
        ours = await reported(bench, ReportKind.POSITIONS, own)
    assert {"post_id", "other_posts"} <= set(ours.columns)
    assert {"post_id", "other_posts"}.isdisjoint(trust.columns)
    assert [row["position_id"] for row in trust.rows] == [1]


async def test_two_posts_of_tis_with_one_number_are_two_rows(benches: Benches) -> None:
    world = World(TODAY, Random(1))
    for number in (ST, ST, FY):
        world.post("EOE", npn=number)
    async with benches.open(EXPORTER, world) as bench:
        found = await make_report(
            bench.reader(), ReportKind.POSTS, ALL, TODAY, window=ApplicantWindow(), weeks=4, tcs=bench.tcs.client
        )  # fmt: skip
    assert [row["post_number"] for row in found.rows] == [ST, ST, FY]


async def test_records_with_faults_name_the_cause_and_who_must_act(benches: Benches) -> None:
    lacking = {"state": RecordState.INVALID_DATA, "reason": "missing: dob", "missing": ["dob"]}
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, record(1, starting(3), **lacking), record(2, starting(3)))
        found = await reported(bench, ReportKind.INVALID)
    [row] = found.rows
    assert (row["record"], row["state"], row["reason"], row["who"]) == (
        "1:1",
        "missing data",
        "missing: dob",
        "the local office, in TIS",
    )
    assert "gmc_number" not in found.columns


async def test_rejections_have_esrs_words_and_gmc_numbers_only_where_personal_data_is_asked_for(
    benches: Benches,
) -> None:
    answer = EsrAnswer(file="APC", row=4, status="FAIL", kind="ERROR", text="Specimen, Testa exists")
    rejected = {"state": RecordState.REJECTED, "file": "APP", "file_row": 2, "answers": [answer]}
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, record(1, starting(3), **rejected))
        masked = await reported(bench, ReportKind.REJECTIONS)
        shown = await reported(bench, ReportKind.REJECTIONS, personal=True)
        trust = await reported(
            bench, ReportKind.REJECTIONS, Filters(deaneries=list(DEANERIES), trust="RX1"), for_trust=True
        )
    assert (masked.personal, shown.personal, trust.personal) == (False, True, False)
    assert {"message", "gmc_number"}.isdisjoint(masked.rows[0])
    assert (shown.rows[0]["message"], shown.rows[0]["gmc_number"]) == ("Specimen, Testa exists", "7200001")
    assert (masked.rows[0]["file"], masked.rows[0]["row"], masked.rows[0]["answered_in"]) == (
        "APP",
        2,
        "APC, row 4",
    )
    assert masked.rows[0]["who"] == trust.rows[0]["who"] == "the trust, in ESR"
    assert {"message", "gmc_number", "record"}.isdisjoint(trust.columns)


async def test_the_coming_wave_has_a_row_for_each_applicant(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            APPLICANTS,
            record(1, starting(0)),
            record(2, starting(5), state=RecordState.INVALID_DATA, missing=["dob"]),
            record(3, starting(6), state=RecordState.EXPORTED),
            record(4, starting(40)),
        )
        found = await reported(bench, ReportKind.FORECAST)
    assert [(row["record"], row["reaches_window"], row["state"], row["reason"]) for row in found.rows] == [
        ("1:1", "2026-11-24", "ready", ""),
        ("2:1", "2026-11-29", "held back", "mandatory field missing: dob"),
        ("3:1", "2026-11-30", "sent", ""),
    ]


async def test_updates_of_people_have_no_values_and_name_nobody(benches: Benches) -> None:
    def entry(row: int, day: str, state: Outcome, code: str = "", reason: str = "") -> JournalEntry:
        return JournalEntry(
            correlation_id=f"DE_EOE_RMC_{day}_00000101.DAT:2", row=row, person_id=1, gmc_number="7200001",
            section="contact", field="email", old="old@example.invalid", new="new@example.invalid", state=state,
            code=code, reason=reason,
        )  # fmt: skip

    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            JOURNAL,
            entry(3, "20261124", Outcome.APPLIED),
            entry(4, "20261026", Outcome.REFUSED, "NOT_MATCHED", "nobody in TIS has the GMC number 7200001"),
            entry(5, "20261025", Outcome.APPLIED),
        )
        found = await reported(bench, ReportKind.UPDATES)
    assert sorted((row["row"], row["state"], row["reason"]) for row in found.rows) == [
        (3, "applied", ""),
        (4, "refused", "the person or their post was not found in TIS"),
    ]
    said = str(found.rows)
    assert "7200001" not in said
    assert "example.invalid" not in said
    assert (found.sums[0].by, found.sums[0].value) == ("deanery", "EOE")
