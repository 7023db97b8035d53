"""Updates of people by file, and of one person: applied, refused and why, without values and numbers. On both engines."""

from datetime import timedelta

from msgspec.structs import replace
from tests.operations.applicant_records import EXPORTER
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.person_updates.journal import (
    Changed,
    UpdateList,
    refusal_groups,
    updates_of_days,
    updates_of_person,
)
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, JournalEntry, Outcome

TODAYS, EARLIER = "DE_EOE_RMC_20261124_00000101.DAT", "DE_EOE_RMF_20261120_00000090.DAT"
ELSEWHERE = "DE_LDN_RMC_20261124_00000102.DAT"


def entry(
    file: str, row: int, field: str, state: Outcome = Outcome.APPLIED, **more: str | None
) -> JournalEntry:
    values = {"old": "old@example.invalid", "new": "new@example.invalid", "gmc_number": "7200001", **more}
    return JournalEntry(
        correlation_id=f"{file}:{row}", row=row + 1, person_id=1, section="contact", field=field,
        state=state, reason=values.pop("reason", "") or "", code=values.pop("code", "") or "", **values,
    )  # fmt: skip


async def stored(bench: Bench) -> None:
    refused = {"code": "NOT_MATCHED", "reason": "nobody in TIS has the GMC number 7200002"}
    await bench.keep(
        JOURNAL,
        entry(TODAYS, 2, "email"),
        entry(TODAYS, 2, "mobile", old=None),
        entry(TODAYS, 2, "telephone", new=None),
        entry(TODAYS, 2, "purged", old=None, new=None),
        entry(TODAYS, 9, "all", Outcome.REFUSED, gmc_number="7200002", old=None, new=None, **refused),
        entry(TODAYS, 12, "all", Outcome.REFUSED, gmc_number=None, old=None, new=None, code="HOST_EMPLOYER"),
        entry(EARLIER, 4, "email", Outcome.REFUSED, new=None, code="NOT_AN_EMAIL_ADDRESS"),
        entry(ELSEWHERE, 3, "title"),
    )


async def of_days(bench: Bench, days: int, *offices: str) -> UpdateList:
    reader = bench.reader()
    try:
        return updates_of_days(reader, offices or DEANERIES, TODAY - timedelta(days=days - 1), TODAY)
    finally:
        reader.close()


async def of_person(bench: Bench, file: str, row: int, *offices: str) -> UpdateList | None:
    reader = bench.reader()
    try:
        return updates_of_person(reader, file, row, offices or DEANERIES)
    finally:
        reader.close()


async def test_updates_are_those_of_the_files_of_some_days_and_offices(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stored(bench)
        today, week = await of_days(bench, 1), await of_days(bench, 7, "EOE")
    assert {one.file for one in today.updates} == {TODAYS, ELSEWHERE}
    assert {one.file for one in week.updates} == {TODAYS, EARLIER}
    assert {one.field: one.changed for one in week.updates if one.file == TODAYS and one.origin_row == 2} == {
        "email": Changed.REPLACED,
        "mobile": Changed.SET,
        "telephone": Changed.REMOVED,
        "purged": Changed.NOT_KEPT,
    }
    said = f"{today} {week}"
    for personal in ("7200001", "7200002", "example.invalid"):
        assert personal not in said


async def test_updates_of_one_row_for_two_assignments_are_told_apart_so_that_no_page_leaves_one_out(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        one = entry(TODAYS, 2, "email")
        await bench.keep(JOURNAL, one, replace(one, correlation_id=f"{TODAYS}:5"))
        keys = [update.key for update in (await of_days(bench, 1)).updates]
    assert len(set(keys)) == len(keys) == 2


async def test_refusals_are_grouped_by_reason_with_who_must_act(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stored(bench)
        groups = refusal_groups((await of_days(bench, 7)).updates)
    assert [(one.code, one.updates, one.who) for one in groups] == [
        ("HOST_EMPLOYER", 1, "nobody"),
        ("NOT_AN_EMAIL_ADDRESS", 1, "the trust, in ESR"),
        ("NOT_MATCHED", 1, "the trust, in ESR"),
    ]
    assert groups[2].reason == "the person or their post was not found in TIS"
    assert groups[2].action == "compare the person's number and post in ESR with TIS"


async def test_one_person_has_the_updates_of_every_file_within_the_offices(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stored(bench)
        all_, own = await of_person(bench, TODAYS, 2), await of_person(bench, TODAYS, 2, "EOE")
        without_number = await of_person(bench, TODAYS, 12)
        unknown = await of_person(bench, TODAYS, 77)
        foreign = await of_person(bench, TODAYS, 2, "LDN")
    assert all_ is not None
    assert own is not None
    assert without_number is not None
    assert {one.file for one in all_.updates} == {TODAYS, EARLIER, ELSEWHERE}
    assert {one.file for one in own.updates} == {TODAYS, EARLIER}
    assert foreign is None
    assert [one.code for one in without_number.updates] == ["HOST_EMPLOYER"]
    assert unknown is None
