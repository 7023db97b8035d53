"""Alarms on pages, and the way that every act goes: chosen, frozen, confirmed with a reason, done once."""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.web.console.browsing import OWNER, Desk, desk, form_token, text, title

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.pauses import PatienceExhaustedError
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.alarms.alarm import ALARMS, Alarm, AlarmState
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.audit.trail import AUDIT, AuditEntry, Person, record
from tis_esr.operations.composition import reader_of
from tis_esr.settings import Settings
from tis_esr.wall_clock import today
from tis_esr.web.console.acts import Act, Item, Plan, page_of
from tis_esr.web.console.console import Page
from tis_esr.web.console.forms import Form
from tis_esr.web.console.pages import PAGES

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
LATE, HELD = "file-late:RMT of 2026-11-24", "file-held:EMD"


def alarm(id_: str, **changes: Any) -> Alarm:
    usual: dict[str, Any] = {
        "id": id_, "kind": id_.partition(":")[0], "state": AlarmState.ACTIVE, "severity": Severity.WARNING,
        "members": ["EMD"], "number": 1, "text": f"{id_} is wrong", "since": AT, "raised_at": AT, "seen_at": AT,
    }  # fmt: skip
    return Alarm(**{**usual, **changes})


async def stored(place: Path, alarms: Sequence[Alarm]) -> Path:
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=today(), now=AT)
        for one in alarms:
            await work.get(ALARMS, [one.id])
            work.put(ALARMS, one)
        await work.commit()
    return place


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    return await stored(tmp_path / "alarms.sqlite", [alarm(LATE, severity=Severity.CRITICAL), alarm(HELD)])


def kept(place: Path) -> dict[str, Alarm]:
    with closing(reader_of(Settings(), place)) as reader:
        return {one.id: one for one in reader.find(ALARMS, {})}


def trail(place: Path) -> list[AuditEntry]:
    with closing(reader_of(Settings(), place)) as reader:
        return reader.find(AUDIT, {}, ("number",))


def plan_of(answer: httpx2.Response) -> str:
    return re.findall(r'name="plan" value="([^"]+)"', answer.text)[0]


async def confirmation(browser: httpx2.AsyncClient, path: str, **fields: Any) -> httpx2.Response:
    """Send a form of acts, and return the page that asks for confirmation."""
    token = form_token(await browser.get("/alarms"))
    return await browser.post(path, data={"form_token": token, **fields})


async def confirmed(
    browser: httpx2.AsyncClient, path: str, page: httpx2.Response, why: str
) -> httpx2.Response:
    return await browser.post(path, data={"form_token": form_token(page), "plan": plan_of(page), "why": why})


async def test_the_confirmation_names_the_page_above_it(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
    [trail] = re.findall(r'<nav class="nhsuk-breadcrumb.*?</nav>', page.text, re.DOTALL)
    links = re.findall(r'<a class="nhsuk-breadcrumb__link" href="([^"]*)">\s*(.*?)\s*</a>', trail)
    assert links[:2] == [("/", "Start"), ("/alarms", "Alarms")]


async def test_alarms_are_listed_the_most_severe_first_with_owner_and_age(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/alarms"))
        cleared = text(await browser.get("/alarms?state=cleared"))
        one = text(await browser.get(f"/alarms/{LATE}"))
    assert said.index(f"Critical {LATE} is wrong") < said.index(f"Warning {HELD} is wrong")
    assert "24 Nov 2026 09:00:00" in said
    assert "No alarm matches these filters" in cleared
    assert "Who must act:" in one
    assert "What to do" in one


async def test_an_alarm_is_owned_after_a_confirmation_with_a_reason_and_the_page_says_so(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann", back="alarm")
        assert "Make ann the owner of 1 alarm?" in text(page)
        assert LATE in text(page)
        assert kept(place)[LATE].owner == ""
        done = await confirmed(browser, "/alarms/own", page, "on call today")
        assert done.status_code == 303
        after = await browser.get(done.headers["location"])
        assert title(after) == f"Alarm {LATE} – TIS-ESR"
        assert "Done. ann owns 1 alarm." in text(after)
    assert kept(place)[LATE].owner == "ann"
    [entry] = trail(place)
    assert (entry.who, entry.via, entry.act, entry.on) == (OWNER.name, "console", "alarm.own", [LATE])
    assert entry.why == "ann: on call today"


async def test_what_was_done_is_said_by_the_page_that_follows_and_not_by_its_links(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
        after = await browser.get(
            (await confirmed(browser, "/alarms/own", page, "on call")).headers["location"]
        )
    assert "Done. ann owns 1 alarm." in text(after)
    assert "sort=" in after.text
    assert "done=" not in after.text


async def test_several_are_silenced_at_once_and_what_is_not_chosen_is_left(place: Path) -> None:
    until = (today() + timedelta(days=3)).isoformat()
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/silence", item=[HELD, LATE], until=until)
        assert "2 things, as chosen" in text(page)
        await stored(place, [alarm("file-held:WES")])
        done = await confirmed(browser, "/alarms/silence", page, "ESR knows")
        assert "Nobody is notified of 2 alarms" in text(await browser.get(done.headers["location"]))
    assert {id_ for id_, one in kept(place).items() if one.silenced_until} == {LATE, HELD}


async def test_the_end_of_a_silence_is_called_so_before_it_is_confirmed(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        until = (today() + timedelta(days=3)).isoformat()
        page = await confirmation(browser, "/alarms/silence", item=HELD, until=until)
        await confirmed(browser, "/alarms/silence", page, "ESR knows")
        page = await confirmation(browser, "/alarms/silence", item=HELD, until=today().isoformat())
        assert "End the silence of 1 alarm?" in text(page)
        assert "Silence 1 alarm until" not in text(page)
        await confirmed(browser, "/alarms/silence", page, "ESR was late again")
    assert kept(place)[HELD].silenced_until is None


async def test_an_owner_who_came_since_the_confirmation_is_not_replaced(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/own", item=[HELD, LATE], owner="ann")
        other = await confirmation(browser, "/alarms/own", item=LATE, owner="ben")
        assert (await confirmed(browser, "/alarms/own", other, "on call")).status_code == 303
        refused = await confirmed(browser, "/alarms/own", page, "on call")
        assert f"Alarm {LATE} is owned by ben since you chose. Nothing was done." in text(refused)
        assert {one.owner for one in kept(place).values()} == {"", "ben"}
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
        assert "Replaces ben as the owner of 1 alarm" in text(page)
        assert (await confirmed(browser, "/alarms/own", page, "ben is ill")).status_code == 303
    assert kept(place)[LATE].owner == "ann"


async def test_an_alarm_that_has_cleared_gets_no_owner_who_would_be_forgotten(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
        await stored(place, [alarm(LATE, state=AlarmState.CLEARED, cleared_at=AT)])
        refused = await confirmed(browser, "/alarms/own", page, "on call")
        again = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
    assert f"Alarm {LATE} has cleared, so it needs no owner. Nothing was done." in text(refused)
    assert again.status_code == 409
    assert kept(place)[LATE].owner == ""


async def test_a_double_click_or_a_form_sent_again_changes_nothing_and_leads_to_the_same_page(
    place: Path,
) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/note", item=LATE)
        first = await confirmed(browser, "/alarms/note", page, "ticket 4711")
        again = await confirmed(browser, "/alarms/note", page, "ticket 4712")
    assert first.headers["location"] == again.headers["location"]
    assert [event.text for event in kept(place)[LATE].events] == ["ticket 4711"]
    assert len(trail(place)) == 1


@pytest.mark.parametrize("why", ["", "   ", "x" * 501])
async def test_without_a_usable_reason_nothing_is_done_and_the_choice_is_kept(place: Path, why: str) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
        refused = await confirmed(browser, "/alarms/own", page, why)
        assert (refused.status_code, title(refused)) == (400, "Error: Set owner – TIS-ESR")
        assert kept(place)[LATE].owner == ""
        assert (await confirmed(browser, "/alarms/own", refused, "on call")).status_code == 303
    assert kept(place)[LATE].owner == "ann"


async def test_what_cannot_be_done_says_so_and_does_nothing(place: Path) -> None:
    far = (today() + timedelta(days=400)).isoformat()
    async with desk(place).signed_in() as browser:
        nothing = await confirmation(browser, "/alarms/own", owner="ann")
        unknown = await confirmation(browser, "/alarms/own", item="no such alarm", owner="ann")
        no_day = await confirmation(browser, "/alarms/silence", item=LATE, until="soon")
        too_far = await confirmation(browser, "/alarms/silence", item=LATE, until=far)
    assert "Nothing was chosen. Nothing was done." in text(nothing)
    assert "Alarm no such alarm does not exist any more" in text(unknown)
    assert "Enter the day until which to silence" in text(no_day)
    assert (too_far.status_code, "or earlier" in text(too_far)) == (400, True)
    assert trail(place) == []


async def test_a_plan_is_of_one_act_and_one_session(place: Path) -> None:
    console = desk(place)
    async with console.signed_in() as browser, console.signed_in() as other:
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
        elsewhere = await confirmed(browser, "/alarms/note", page, "a note")
        changed = await browser.post(
            "/alarms/own",
            data={"form_token": form_token(page), "plan": f"x{plan_of(page)}", "why": "because"},
        )
        token = form_token(await other.get("/alarms"))
        stolen = await other.post(
            "/alarms/own", data={"form_token": token, "plan": plan_of(page), "why": "because"}
        )
    assert [answer.status_code for answer in (elsewhere, changed, stolen)] == [409, 409, 409]
    assert trail(place) == []


async def test_a_viewer_looks_and_does_nothing(place: Path) -> None:
    viewer = Account(name="testa.viewer", roles=frozenset({Role.VIEWER}))
    async with desk(place, account=viewer).signed_in() as browser:
        page = await browser.get("/alarms")
        refused = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
    assert 'id="alarm-acts"' not in page.text
    assert refused.status_code == 403


async def test_alarms_name_things_of_all_offices_and_are_for_accounts_with_all(place: Path) -> None:
    limited = Account(name="testa.office", roles=frozenset({Role.OPERATOR}), offices=frozenset({"EMD"}))
    async with desk(place, account=limited).signed_in() as browser:
        page = await browser.get("/alarms")
        act = await browser.post("/alarms/own", data={"form_token": form_token(page), "item": LATE})
        home = await browser.get("/")
    assert (page.status_code, act.status_code) == (403, 403)
    assert 'href="/alarms"' not in home.text


async def test_a_state_file_that_another_process_holds_is_a_page_that_says_so(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
        with closing(EmbeddedEngine(place, ALL_COLLECTIONS)):
            refused = await confirmed(browser, "/alarms/own", page, "on call")
        assert refused.status_code == 409
        assert "The state file is held by another process" in text(refused)
        assert (await confirmed(browser, "/alarms/own", page, "on call")).status_code == 303


async def test_an_act_that_was_done_before_its_page_failed_is_not_said_to_have_changed_nothing(
    place: Path,
) -> None:
    async def plan(_: Request, __: Form) -> Plan:
        return Plan(items=[Item(LATE)], back="/alarms")

    async def do(work: Work, person: Person, _: Plan, why: str) -> str:
        await record(work, person, "test.act", [LATE], why=why)
        return "done"

    def after(_: Request, __: Plan) -> None:
        raise RuntimeError

    act = Act("/test", "Test", Role.OPERATOR, plan, lambda _: "Test", do, after=after)
    async with desk(place, pages=(*PAGES, page_of(act))).signed_in() as browser:
        page = await confirmation(browser, "/test")
        answer = await confirmed(browser, "/test", page, "on call")
    assert [one.act for one in trail(place)] == ["test.act"]
    assert answer.status_code == 500
    assert "Nothing was" not in text(answer)
    assert "It is not known whether what the form asked for was done." in text(answer)


async def test_an_act_whose_end_is_not_known_is_said_to_be_safe_to_send_again_and_names_no_command(
    place: Path,
) -> None:
    async def gives_up(_: Request) -> Response:
        raise PatienceExhaustedError("/alarms/own", "MongoDB did not answer within 5 seconds")

    pages = (*PAGES, Page("/test", "Test", Role.OPERATOR, gives_up, methods=("GET", "POST")))
    async with desk(place, pages=pages).signed_in() as browser:
        sent, read = await browser.post("/test"), await browser.get("/test")
    assert (sent.status_code, read.status_code) == (503, 503)
    assert "MongoDB did not answer within 5 seconds. It is not known whether" in text(sent)
    assert "Send the form again" in text(sent)
    for answer in (sent, read):
        assert "command" not in text(answer)
        assert "/alarms/own" not in text(answer)


async def test_a_notice_is_for_the_one_who_acted(place: Path) -> None:
    console: Desk = desk(place)
    async with console.signed_in() as browser:
        page = await confirmation(browser, "/alarms/own", item=LATE, owner="ann")
        done = await confirmed(browser, "/alarms/own", page, "on call")
        for address in (done.headers["location"], "/alarms?done=no-such-token", "/alarms?done="):
            assert (await browser.get(address)).status_code == 200
    async with desk(place, account=Account(name="other", roles=OWNER.roles)).signed_in() as other:
        assert "Done." not in text(await other.get(done.headers["location"]))


def _rows(answer: httpx2.Response) -> list[str]:
    return [unescape(one) for one in re.findall(r'name="item" value="([^"]+)"', answer.text)]


def _links(answer: httpx2.Response) -> Iterator[str]:
    yield from (unescape(one) for one in re.findall(r'href="([^"]*after=[^"]*)"', answer.text))


async def test_a_long_list_is_sorted_on_the_server_and_its_pages_do_not_shift(tmp_path: Path) -> None:
    several = [alarm(f"file-late:{n:03}", number=n % 7, since=AT + timedelta(minutes=n)) for n in range(120)]
    place = await stored(tmp_path / "many.sqlite", several)
    async with desk(place).signed_in() as browser:
        first = await browser.get("/alarms?sort=-since")
        assert _rows(first) == [f"file-late:{n:03}" for n in range(119, 69, -1)]
        assert 'aria-sort="descending"' in first.text
        await stored(place, [alarm("file-late:999", since=AT + timedelta(days=1))])
        [after, *_] = _links(first)
        assert _rows(await browser.get(after)) == [f"file-late:{n:03}" for n in range(69, 19, -1)]
        csv = await browser.get("/alarms.csv?sort=affected")
        lines = csv.text.splitlines()
        assert len(lines) == 122
        assert lines[1].startswith("warning,file-late:000 is wrong,0,2026-11-24T09:00:00+00:00")


@pytest.mark.parametrize(
    "query", ["sort=secret", "after=nonsense", "after=WzEsMl0", "sort=since&after=WzEsImEiLCJiIl0", "owner=x"]
)
async def test_an_address_that_no_page_has_says_so(place: Path, query: str) -> None:
    async with desk(place).signed_in() as browser:
        assert (await browser.get(f"/alarms?{query}")).status_code == 400
