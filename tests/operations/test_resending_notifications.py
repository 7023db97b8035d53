"""What a DNC told ESR that never loaded it is told again, as it is true in TIS then."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.servers import place
from tests.services.bench import Benches, message
from tests.services.tcs_on_bench import TODAY
from tests.vectors.exchange import Exchange, Exchanges, codes, only, pairs

from tis_esr.engine.envelope import Message
from tis_esr.errors import UsageError
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.trail import Person, entries
from tis_esr.operations.resending import Plan
from tis_esr.operations.resending_notifications import plan_lost, report_lost
from tis_esr.services.data_exporter.full_export import FULL_EXPORT, FullExport
from tis_esr.services.data_exporter.outbound import NOTIFICATIONS, OUTBOUND_FILES, RecordState


@pytest.fixture(params=["embedded", "production"])
def exchanges(request: pytest.FixtureRequest, tmp_path: Path) -> Exchanges:
    return Exchanges(Benches(tmp_path, place() if request.param == "production" else None))


async def names(exchange: Exchange) -> list[str]:
    files = await exchange.bench.all(OUTBOUND_FILES)
    return sorted(name for name, file in files.items() if "_DNC_" in name and file.rows)


def planned(exchange: Exchange, name: str, rows: list[int] | None = None, days: int = 2) -> Plan:
    return plan_lost(exchange.bench.reader(), name, rows, day=TODAY + timedelta(days=days), due_days=1)


async def report(exchange: Exchange, found: Plan) -> None:
    await report_lost(exchange.bench.runner.work, found, Person("ann"), TODAY + timedelta(days=2))
    await exchange.bench.finish()


async def test_a_withdrawal_that_esr_never_loaded_is_sent_again_and_only_once(exchanges: Exchanges) -> None:
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        await exchange.notifications()
        await exchange.delete(placement)
        rows = await exchange.notifications()
        assert codes(rows) == ["1", "2"]
        await exchange.begin(2)
        assert await exchange.notifications() == []
        last = (await names(exchange))[-1]
        await report(exchange, planned(exchange, last))
        again = await exchange.notifications()
        assert codes(again) == ["1", "2"]
        assert only(again, "2")["withdrawnGmc"] == only(rows, "2")["withdrawnGmc"]
        assert await exchange.notifications() == []
        assert planned(exchange, last).rows == {}
        [entry] = entries(exchange.bench.reader())
        assert (entry.who, entry.act, entry.on) == ("ann", "notifications.resend", [last])
        assert entry.result == "2 rows count as never sent"


async def test_what_is_sent_again_is_what_is_true_then(exchanges: Exchanges) -> None:
    """The trainee of the lost row has left meanwhile: ESR is sent who is there now, not the old row."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), -30, 100)
        [lost] = pairs(await exchange.notifications())
        await exchange.change(placement, None, 120)
        await exchange.begin(2)
        await report(exchange, planned(exchange, (await names(exchange))[0]))
        [again] = await exchange.notifications()
        assert (again["currentGmc"], again["notificationTitleCode"]) == (lost[0], "1")


async def test_rows_that_esr_has_or_may_still_answer_are_left(exchanges: Exchanges) -> None:
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), -30, 100)
        await exchange.notifications()
        [name] = await names(exchange)
        [waiting] = planned(exchange, name, days=1).left
        assert (waiting.row, waiting.reason) == (1, "ESR has until 25 Nov 2026 to answer")
        with pytest.raises(UsageError, match="row 1: ESR has until 25 Nov 2026 to answer"):
            planned(exchange, name, [1], days=1)
        await exchange.change(placement, placementType="OOPE")
        await exchange.place(post, exchange.person(), -5, 100)
        await exchange.notifications()
        found = planned(exchange, name)
        assert list(found.rows) == [1], (
            "another subject was sent since, this one is still about the first trainee"
        )
        for record in (await exchange.bench.all(NOTIFICATIONS)).values():
            await exchange.bench.keep(
                NOTIFICATIONS, type(record)(**{**_fields(record), "state": RecordState.CONFIRMED})
            )
        assert (planned(exchange, name).rows, planned(exchange, name).left) == ({}, [])


def _fields(record: object) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__struct_fields__}  # type: ignore[attr-defined]


async def test_a_file_that_was_never_sent_and_one_of_applicants_are_refused(exchanges: Exchanges) -> None:
    async with exchanges.open() as exchange:
        with pytest.raises(UsageError, match="no file of this name was sent from here"):
            planned(exchange, "DE_EOE_DNC_20261124_00000077.DAT")
        with pytest.raises(UsageError, match="is not of type DNC or DNF; rows of an APP are resent with"):
            planned(exchange, "DE_EOE_APP_20261124_00000001.DAT")


async def deleted_again(exchange: Exchange) -> str:
    """A trainee is withdrawn, comes back, and is withdrawn again, which ESR never loads; return the file's name."""
    post = await exchange.open_position()
    first, second = exchange.person(), exchange.person()
    placement = await exchange.place(post, first, 30, 200)
    await exchange.notifications()
    for trainee in (second, first):
        await exchange.change(placement, traineeId=trainee["id"])
        await exchange.notifications()
    await exchange.delete(placement)
    assert "2" in codes(await exchange.notifications())
    await exchange.begin(2)
    return (await names(exchange))[-1]


async def test_a_second_withdrawal_that_was_lost_is_sent_again(exchanges: Exchanges) -> None:
    async with exchanges.open() as exchange:
        await report(exchange, planned(exchange, await deleted_again(exchange)))
        assert "2" in codes(await exchange.notifications())


async def test_a_trainee_who_comes_back_after_a_lost_withdrawal_is_no_second_applicant(
    exchanges: Exchanges,
) -> None:
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        first, second = exchange.person(), exchange.person()
        placement = await exchange.place(post, first, 30, 200)
        await exchange.notifications()
        await exchange.change(placement, traineeId=second["id"])
        await exchange.notifications()
        await exchange.begin(2)
        await report(exchange, planned(exchange, (await names(exchange))[-1]))
        await exchange.change(placement, traineeId=first["id"])
        assert await exchange.applicants() == []


async def test_of_two_lost_files_both_count_as_never_sent_in_either_order(exchanges: Exchanges) -> None:
    for last_first in (True, False):
        async with exchanges.open() as exchange:
            post = await exchange.open_position()
            placement = await exchange.place(post, exchange.person(), -30, 100)
            await exchange.notifications()
            await exchange.change(placement, None, 120)
            await exchange.notifications()
            await exchange.change(placement, None, 100)
            await exchange.begin(2)
            await exchange.notifications()
            for name in sorted(await names(exchange), reverse=last_first):
                await report(exchange, planned(exchange, name, days=4))
            [row] = await exchange.notifications()
            assert row["notificationTitleCode"] == "1"


async def test_rows_of_one_position_that_are_reported_one_by_one_are_all_sent_again(
    exchanges: Exchanges,
) -> None:
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        await exchange.notifications()
        await exchange.delete(placement)
        await exchange.notifications()
        await exchange.begin(2)
        last = (await names(exchange))[-1]
        for row in (1, 2):
            await report(exchange, planned(exchange, last, [row]))
        assert codes(await exchange.notifications()) == ["1", "2"]


async def test_what_esr_confirms_after_all_is_not_sent_again(exchanges: Exchanges) -> None:
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), 30, 200)
        await exchange.notifications()
        await exchange.delete(placement)
        await exchange.notifications()
        await exchange.begin(2)
        last = (await names(exchange))[-1]
        await report(exchange, planned(exchange, last))
        await exchange.bench.send(*(confirmation(last, row) for row in (1, 2)))
        await exchange.bench.finish()
        assert await exchange.notifications() == []


def confirmation(file: str, row: int) -> Message:
    body = {"loadStatusCode": "SUCCESS", "positionId": 1, "row": row}
    return message("esr.queue.dcc.split", f"{file}:{row}", body, file.replace("DNC", "DCC"), row)


async def test_a_full_file_before_the_comparison_has_what_esr_was_sent_before(exchanges: Exchanges) -> None:
    """The lost row is no source of a DNF; what follows in the next DNC is what is true in TIS."""
    async with exchanges.open() as exchange:
        post = await exchange.open_position()
        placement = await exchange.place(post, exchange.person(), -30, 100)
        await exchange.notifications()
        await exchange.change(placement, None, 120)
        await exchange.notifications()
        await exchange.begin(2)
        await exchange.notifications()
        found = planned(exchange, (await names(exchange))[-1])
        await report_lost(exchange.bench.runner.work, found, Person("ann"), TODAY + timedelta(days=2))
        run = FullExport(exchange.bench.runner.work, Folder(exchange.bench.out), FULL_EXPORT)
        full = await run.full(TODAY + timedelta(days=2), "EOE", occasion="hand")
        assert full is not None
        records = [one for one in (await exchange.bench.all(NOTIFICATIONS)).values() if one.file == full.name]
        assert [(one.number, one.lost) for one in records] == [(3, False)]
        await exchange.bench.finish()
        assert len(await exchange.notifications()) == 1
