"""Batches on pages: how far they are, verdicts that add up, pause, resume, stop, and who moves them on."""

import re
from typing import Any

import httpx2
import pytest
from tests.operations.parked_desk import FAILED, QUEUE, Desk
from tests.operations.parked_desk import desk as parked_desk
from tests.services.bench import Benches
from tests.services.conftest import benches, embedded
from tests.web.console.browsing import OWNER, form_token, text, title
from tests.web.console.test_alarms_and_acts import confirmed
from tests.web.console.test_parked import account, console

from tis_esr.engine.envelope import derived_id
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.batches.control import BatchAct, control
from tis_esr.operations.batches.documents import BatchState, Verdict
from tis_esr.operations.processes.announced import Process, beat

__all__ = ["benches", "embedded"]
EMD = "DE_EMD_RMC_20261124_00000102.DAT"
LEAD = Account(name="testa.lead", roles=frozenset({Role.OPERATOR}), offices=frozenset({"EOE"}))


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


async def test_viewers_look_and_do_nothing(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        batch = await begun(here, 1)
        async with console(here, account(Role.VIEWER)).signed_in() as browser:
            assert 'action="/batches/pause"' not in (await browser.get(f"/batches/{batch}")).text
            assert (await asked(browser, "stop", batch)).status_code == 403


async def three_batches(here: Desk) -> tuple[str, str, str]:
    """Return a batch of EOE, one of EMD and one of both, begun by the support team."""
    await here.park(1, 2, 3)
    await here.park(11, 12, file=EMD)
    own, other = here.parked(deanery="EOE"), here.parked(deanery="EMD")
    sets = own[:2], other[:1], [own[2], other[1]]
    eoe, emd, both = [(await here.begin(some, who=Person("ann", "console"))).id for some in sets]
    return eoe, emd, both


async def test_people_of_an_office_see_and_steer_the_batches_of_its_messages_alone(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        own, other, mixed = await three_batches(here)
        async with console(here, LEAD).signed_in() as browser:
            listed, csv = (
                text(await browser.get("/batches")),
                (await browser.get("/batches.csv")).text.splitlines(),
            )
            assert [batch in listed for batch in (own, other, mixed)] == [True, False, False]
            assert [line.partition(",")[0] for line in csv[1:]] == [own]
            assert "Batches with messages of other offices are not listed." in listed
            assert (await browser.get(f"/batches/{own}")).status_code == 200
            page = await asked(browser, "pause", own)
            assert (await confirmed(browser, "/batches/pause", page, "TCS is slow")).status_code == 303
        assert here.batch(own)[0].state is BatchState.PAUSED


async def test_a_batch_of_another_office_is_answered_as_one_that_there_is_not(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        _, other, mixed = await three_batches(here)
        async with console(here, LEAD, searches=100).signed_in() as browser:
            token = form_token(await browser.get("/"))
            for path in ("/batches/{}", "/batches/{}.csv", "/batches/{}?verdict=done"):
                unknown = await browser.get(path.format("B99"))
                for batch in (other, mixed):
                    answer = await browser.get(path.format(batch))
                    assert (answer.status_code, text(answer)) == (404, text(unknown))
            for act in ("pause", "resume", "stop"):
                unknown = await asked(browser, act, "B99")
                for batch in (other, mixed):
                    answer = await asked(browser, act, batch)
                    assert (answer.status_code, text(answer)) == (404, text(unknown))
            found = [
                await browser.post("/search", data={"form_token": token, "word": word}, follow_redirects=True)
                for word in (other, mixed)
            ]
        assert all(", running" not in answer.text for answer in found)
        assert here.batch(other)[0].state is here.batch(mixed)[0].state is BatchState.RUNNING


@pytest.mark.parametrize(
    "fields",
    [
        {"scope": "all", "cause": "tcs-rejected"},
        {"item": [f"{QUEUE}|{derived_id(QUEUE, n)}" for n in (1, 11)]},
    ],
)
async def test_people_of_an_office_begin_batches_of_its_messages_alone(
    benches: Benches, fields: dict[str, Any]
) -> None:
    """By a filter that others match too, or by an id of another office: that one is left out as if it were unknown."""
    async with parked_desk(benches) as here:
        await here.park(1)
        await here.park(11, file=EMD)
        async with console(here, LEAD).signed_in() as browser:
            token = form_token(await browser.get("/parked"))
            page = await browser.post("/parked/retry", data={"form_token": token, **fields})
            assert "Retry 1 message?" in text(page)
            done = await confirmed(browser, "/parked/retry", page, "TCS was fixed")
            listed = text(await browser.get(done.headers["location"]))
        [started] = here.audit()
        batch = f"B{started.number}"
        assert batch in listed
        assert here.batch(batch)[0].offices == ["EOE"]
        assert started.on == [batch, derived_id(QUEUE, 1)]


async def test_only_an_id_of_another_office_chooses_nothing(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        await here.park(11, file=EMD)
        async with console(here, LEAD).signed_in() as browser:
            token = form_token(await browser.get("/parked"))
            for id_ in (derived_id(QUEUE, 11), derived_id(QUEUE, 99)):
                answer = await browser.post(
                    "/parked/retry", data={"form_token": token, "item": f"{QUEUE}|{id_}"}
                )
                assert (answer.status_code, "Nothing was chosen." in text(answer)) == (400, True)
        assert here.audit() == []


@pytest.mark.parametrize("path", ["/batches/B99", "/batches/B99.csv", "/batches/nonsense"])
async def test_a_batch_that_there_is_not_is_a_page(benches: Benches, path: str) -> None:
    async with parked_desk(benches) as here, console(here).signed_in() as browser:
        assert title(await browser.get(path)) == "No such batch – TIS-ESR"
        assert (await browser.get("/batches?state=x")).status_code == 400
        assert "There is no batch" in text(await browser.get("/batches"))
