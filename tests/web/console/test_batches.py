"""Batches on pages: how far they are, verdicts that add up, pause, resume, stop, and who moves them on."""

import re
from typing import Any

import httpx2
import pytest
from tests.operations.parked_desk import FAILED, Desk
from tests.operations.parked_desk import desk as parked_desk
from tests.services.bench import Benches
from tests.services.conftest import benches, embedded
from tests.web.console.browsing import OWNER, form_token, text, title
from tests.web.console.test_alarms_and_acts import confirmed
from tests.web.console.test_parked import account, console

from tis_esr.operations.access.accounts import Role
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.batches.control import BatchAct, control
from tis_esr.operations.batches.documents import BatchState, Verdict
from tis_esr.operations.processes.announced import Process, beat

__all__ = ["benches", "embedded"]


async def begun(here: Desk, *numbers: int, who: str = OWNER.name) -> str:
    parked = await here.park(*numbers)
    batch = await here.begin(parked[-len(numbers) :], who=Person(who, "console"))
    return batch.id


async def asked(browser: httpx2.AsyncClient, act: str, batch: str) -> httpx2.Response:
    token = form_token(await browser.get("/batches"))
    return await browser.post(f"/batches/{act}", data={"form_token": token, "item": batch})


def totals(answer: httpx2.Response) -> dict[str, int]:
    table = answer.text.partition("Messages by verdict")[2].partition("</table>")[0]
    rows = re.findall(
        r"<tr><t[dh][^>]*>(?:<a[^>]*>)?([^<]+)(?:</a>)?</t[dh]><td class=\"app-number\">([\d,]+)</td></tr>",
        table,
    )
    return {name: int(number.replace(",", "")) for name, number in rows}


async def test_a_batch_shows_its_stage_and_totals_that_add_up_while_it_goes_on(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        batch = await begun(here, *range(1, 16))
        here.faults = {12: FAILED}
        async with console(here).signed_in() as browser:
            first = await browser.get(f"/batches/{batch}")
            await here.step()
            tracer = await browser.get(f"/batches/{batch}")
            await here.steps()
            last = await browser.get(f"/batches/{batch}")
            parked = text(await browser.get(f"/batches/{batch}?verdict=parked again, another cause"))
            csv = (await browser.get(f"/batches/{batch}.csv?verdict=done")).text.splitlines()
            listed = text(await browser.get("/batches?state=finished"))
    assert totals(first) == {"Not begun": 15, "Total": 15}
    assert "The tracer: one message goes first" in text(tracer)
    assert totals(tracer) == {"Not begun": 14, "Waiting": 1, "Total": 15}
    assert totals(last) == {"Done": 14, "Parked again, another cause": 1, "Total": 15}
    assert ("refresh.js" in tracer.text, "refresh.js" in last.text) == (True, False)
    assert "TCS answered 500" in parked
    assert len(csv) == 15
    assert f"{batch} Finished 15 14 1 0" in listed


async def test_it_says_which_process_moves_a_batch_on_or_that_none_does(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        batch = await begun(here, 1, 2)
        async with console(here).signed_in() as browser:
            alone = text(await browser.get(f"/batches/{batch}"))
            for name, service in (("reader-1", "InboundDataReader"), ("exporter-1", "DataExporter")):
                process = Process(
                    name=name, version="1", services=[service], host="host", pid=1, engine="embedded"
                )
                await beat(here.bench.runner.work, process)
            moved = text(await browser.get(f"/batches/{batch}"))
    assert "No process moves it on at the moment." in alone
    assert "Moved on by 1 running process: reader-1 on host" in moved


async def test_a_batch_is_paused_resumed_and_stopped_with_a_reason_and_an_audit_entry(
    benches: Benches,
) -> None:
    async with parked_desk(benches) as here:
        batch = await begun(here, 1, 2, 3)
        async with console(here).signed_in() as browser:
            for act in ("pause", "resume", "stop"):
                page = await asked(browser, act, batch)
                assert f"{act.capitalize()} batch {batch}?" in text(page)
                done = await confirmed(browser, f"/batches/{act}", page, f"to {act}")
                assert done.headers["location"].startswith(f"/batches/{batch}?")
            after = text(await browser.get(done.headers["location"]))
        assert here.batch(batch)[0].state is BatchState.STOPPED
        assert f"Done. Batch {batch} is stopped." in after
        assert f"Stopped by {OWNER.name}" in after
        assert len(here.parked()) == 3
        assert [(entry.act, entry.why) for entry in here.audit()[1:]] == [
            ("batch.pause", "to pause"),
            ("batch.resume", "to resume"),
            ("batch.stop", "to stop"),
        ]


async def test_who_stops_a_batch_in_a_second_tab_is_told_who_was_faster(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        batch = await begun(here, 1, 2)
        async with console(here).signed_in() as browser:
            page = await asked(browser, "pause", batch)
            await control(here.bench.runner, Person("ben"), batch, BatchAct.STOP, "TCS is down")
            refused = await confirmed(browser, "/batches/pause", page, "TCS is slow")
    assert (refused.status_code, title(refused)) == (409, "Not done – TIS-ESR")
    assert f"Batch {batch} can't be paused: it is stopped since" in text(refused)
    assert "by ben (TCS is down). Nothing was done." in text(refused)


async def test_a_batch_goes_on_where_it_was_after_whoever_moved_it_on_has_died(benches: Benches) -> None:
    """The batch is in the store: another process judges and requeues what is due, and nothing is requeued twice."""
    async with parked_desk(benches) as here:
        batch = await begun(here, *range(1, 31))
        here.faults.clear()
        await here.step()
        async with console(here).signed_in() as browser:
            assert totals(await browser.get(f"/batches/{batch}"))["Waiting"] == 1
        await here.steps()
        async with console(here).signed_in() as browser:
            assert totals(await browser.get(f"/batches/{batch}")) == {"Done": 30, "Total": 30}
        assert here.batch(batch)[0].counts == {Verdict.DONE: 30}
        assert sorted(here.handled) == list(range(1, 31))


async def test_viewers_look_and_people_of_an_office_see_what_they_began(benches: Benches) -> None:
    limited: dict[str, Any] = {"offices": frozenset({"EMD"})}
    async with parked_desk(benches) as here:
        theirs, others = await begun(here, 1, who="testa.other"), await begun(here, 2, who="ann")
        async with console(here, account(Role.VIEWER)).signed_in() as browser:
            assert 'action="/batches/pause"' not in (await browser.get(f"/batches/{others}")).text
            assert (await asked(browser, "stop", others)).status_code == 403
        async with console(here, account(Role.OPERATOR, **limited)).signed_in() as browser:
            listed = text(await browser.get("/batches"))
            assert (theirs in listed, others in listed) == (True, False)
            assert (await browser.get(f"/batches/{others}")).status_code == 404
            assert (await asked(browser, "stop", others)).status_code == 404
            assert (await asked(browser, "stop", theirs)).status_code == 200


@pytest.mark.parametrize("path", ["/batches/B99", "/batches/B99.csv", "/batches/nonsense"])
async def test_a_batch_that_there_is_not_is_a_page(benches: Benches, path: str) -> None:
    async with parked_desk(benches) as here, console(here).signed_in() as browser:
        assert title(await browser.get(path)) == "No such batch – TIS-ESR"
        assert (await browser.get("/batches?state=x")).status_code == 400
        assert "There is no batch" in text(await browser.get("/batches"))
