"""Parked messages on pages: groups, lists, one message, and the acts on them, on both engines."""

import asyncio
import re
from contextlib import closing
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.operations.parked_desk import FAILED, QUEUE, REJECTED, Desk
from tests.operations.parked_desk import desk as parked_desk
from tests.services.bench import FILE, Benches
from tests.services.conftest import benches, embedded
from tests.web.console.browsing import OWNER, desk, form_token, text, title
from tests.web.console.test_alarms_and_acts import confirmed

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.batches.documents import BatchState, Verdict
from tis_esr.operations.parked.discarding import Remark, discard
from tis_esr.operations.parked.retrying import retry
from tis_esr.wall_clock import today

__all__ = ["benches", "embedded"]
LIST = "/parked/messages"


def console(here: Desk, account: Account = OWNER, **changes: Any) -> Any:
    return desk(open_reader=here.bench.reader, runner=here.bench.runner, account=account, **changes)


def account(*roles: Role, offices: frozenset[str] | None = None) -> Account:
    return Account(name="testa.other", roles=frozenset(roles), offices=offices)


async def form(browser: httpx2.AsyncClient, path: str, **fields: Any) -> httpx2.Response:
    token = form_token(await browser.get(LIST))
    return await browser.post(path, data={"form_token": token, **fields})


def ticks(answer: httpx2.Response) -> list[str]:
    return [unescape(one) for one in re.findall(r'type="checkbox" name="item" value="([^"]+)"', answer.text)]


async def test_groups_say_how_many_since_when_and_who_acts(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        await here.park(1, 2, rows=True)
        await here.park(3, fault=FAILED)
        async with console(here).signed_in() as browser:
            causes = text(await browser.get("/parked"))
            files = text(await browser.get("/parked?by=file"))
            one = await browser.get("/parked/messages?cause=tcs-failed")
            csv = (await browser.get("/parked/messages.csv?cause=tcs-failed")).text.splitlines()
            runbook = text(await browser.get("/parked/causes/tcs-failed"))
    assert "3 parked messages in 2 groups" in causes
    assert "Group by Cause" in causes
    assert "CountedGroup" not in causes
    assert causes.index("TCS rejected the call") < causes.index("TCS failed on this record")
    assert "TIS's team" in causes
    assert FILE in files
    assert "1 message." in text(one)
    assert "Remove the filter Cause: TCS failed on this record" in text(one)
    assert len(csv) == 2
    assert "Who acts TIS's team" in runbook


async def test_a_group_leads_to_its_messages_however_its_file_is_named(embedded: Benches) -> None:
    async with parked_desk(embedded) as here:
        await here.park(1, file="folder/" + "x" * 300 + ".DAT")
        await here.park(2, file="two\tcolumns.DAT")
        async with console(here).signed_in() as browser:
            groups = await browser.get("/parked?by=file")
            for href in re.findall(r'href="(/parked/messages\?file=[^"]+)"', groups.text):
                assert "1 message." in text(await browser.get(unescape(href))), href
            assert groups.text.count('href="/parked/messages?file=') == 2


async def test_groups_go_on_behind_a_file_with_a_very_long_name(embedded: Benches) -> None:
    async with parked_desk(embedded) as here:
        for number in range(52):
            await here.park(number, file=f"{number:02}{'x' * 900}.DAT")
        async with console(here).signed_in() as browser:
            first = await browser.get("/parked?by=file&sort=group")
            [behind] = [unescape(href) for href in re.findall(r'href="([^"]*after=[^"]*)"', first.text)]
            rest = await browser.get(behind)
    assert [page.text.count('href="/parked/messages?file=') for page in (first, rest)] == [50, 2]


async def test_one_message_says_what_happened_and_shows_its_content_masked(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        [one] = await here.park(1, rows=True)
        async with console(here).signed_in() as browser:
            page = await browser.get(f"{LIST}/{one.queue}/{one.id}")
            gone = await browser.get(f"{LIST}/{one.queue}/no-such-id")
    said = text(page)
    assert "TCS rejected the call" in said
    assert "TCS rejected it" in said
    assert "Is a retry safe?" in said
    assert "No record of it." in said
    assert "(masked)" in said
    assert (gone.status_code, title(gone)) == (404, "Not parked – TIS-ESR")


async def test_an_unmasked_look_needs_the_role_and_a_reason_and_is_in_the_audit(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        [one] = await here.park(1)
        key = f"{one.queue}|{one.id}"
        async with console(here, account(Role.ADMINISTRATOR)).signed_in() as browser:
            refused = await form(browser, "/parked/unmasked", item=key, why="ticket 4711")
        async with console(here).signed_in() as browser:
            no_reason = await form(browser, "/parked/unmasked", item=key, why=" ")
            assert here.audit() == []
            shown = await form(browser, "/parked/unmasked", item=key, why="ticket 4711")
    assert (refused.status_code, no_reason.status_code, shown.status_code) == (403, 400, 200)
    assert '"n": 1' in text(shown)
    [entry] = here.audit()
    assert (entry.who, entry.via, entry.act, entry.on, entry.why) == (OWNER.name, "console", "parked.look", [one.id], "ticket 4711")  # fmt: skip


async def test_a_group_is_retried_as_a_batch_after_a_dry_run_and_a_reason(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        await here.park(*range(1, 16), rows=True)
        await here.park(99, fault=FAILED)
        here.faults.clear()
        async with console(here).signed_in() as browser:
            page = await form(browser, "/parked/retry", scope="all", cause="tcs-rejected")
            said = text(page)
            done = await confirmed(browser, "/parked/retry", page, "TCS was fixed")
            again = await confirmed(browser, "/parked/retry", page, "TCS was fixed")
            assert done.headers["location"] == again.headers["location"]
            after = text(await browser.get(done.headers["location"]))
        assert "Retry 15 messages?" in said
        assert "Dry run: " in said
        assert "Done. Batch B1 of 15 messages has begun" in after
        await here.steps()
        batch, _ = here.batch("B1")
        assert (batch.state, batch.counts, batch.who) == (BatchState.FINISHED, {Verdict.DONE: 15}, OWNER.name)
        assert [one.reason for one in here.parked()] == ["TCS answered 500"]
        assert [(entry.act, entry.via) for entry in here.audit()] == [
            ("batch.start", "console"),
            ("batch.finish", "batch"),
        ]


async def test_a_set_that_changed_since_the_confirmation_is_refused_with_the_difference(
    benches: Benches,
) -> None:
    async with parked_desk(benches) as here:
        await here.park(1, 2)
        async with console(here).signed_in() as browser:
            page = await form(browser, "/parked/retry", scope="all", cause="tcs-rejected")
            await here.park(3)
            refused = await confirmed(browser, "/parked/retry", page, "TCS was fixed")
    assert (refused.status_code, title(refused)) == (409, "The set has changed – TIS-ESR")
    assert "2 then, 3 now (1 parked since, 0 no longer parked). Nothing was done." in text(refused)
    assert here.audit() == []


async def test_of_two_tabs_that_act_at_once_the_second_says_what_happened(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        await here.park(1, 2)
        review = today().isoformat()
        async with console(here).signed_in() as browser:
            items = ticks(await browser.get(LIST))
            one = await form(browser, "/parked/retry", item=items)
            other = await form(browser, "/parked/retry", item=items)
            third = await form(browser, "/parked/discard", item=items, ticket="T-1", review=review)
            fourth = await form(browser, "/parked/discard", item=items, ticket="T-2", review=review)
            assert (await confirmed(browser, "/parked/retry", one, "first")).status_code == 303
            in_batch = await confirmed(browser, "/parked/retry", other, "second")
            assert (await confirmed(browser, "/parked/discard", third, "third")).status_code == 303
            gone = await confirmed(browser, "/parked/discard", fourth, "fourth")
    assert (in_batch.status_code, gone.status_code) == (409, 409)
    assert "2 of these messages are in another batch (B1). Nothing was done." in text(in_batch)
    assert "2 then, 0 now (0 parked since, 2 no longer parked)" in text(gone)
    assert [entry.act for entry in here.audit()] == ["batch.start", "parked.discard"]


async def test_a_discard_needs_a_ticket_and_a_day_of_review_and_is_listed_for_it(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        [one] = await here.park(1, rows=True)
        key = f"{one.queue}|{one.id}"
        async with console(here).signed_in() as browser:
            for fields in (
                {"ticket": "", "review": "2099-01-01"},
                {"ticket": "T", "review": "2020-01-01"},
                {"ticket": "T", "review": "x"},
            ):
                assert (await form(browser, "/parked/discard", item=key, **fields)).status_code == 400
            page = await form(browser, "/parked/discard", item=key, ticket="T-47", review=today().isoformat())
            done = await confirmed(browser, "/parked/discard", page, "sent again by ESR")
            twice = await confirmed(browser, "/parked/discard", page, "sent again by ESR")
            assert twice.headers["location"] == done.headers["location"]
            after = text(await browser.get(done.headers["location"]))
            message = await browser.get(f"{LIST}/{one.queue}/{one.id}")
            csv = (await browser.get("/parked/discarded.csv")).text
    assert "This can't be undone" in text(page)
    assert "Done. 1 message discarded." in after
    assert "(due)" in after
    assert "T-47" in csv
    assert f"{OWNER.name} discarded it" in text(message)
    assert here.parked() == []


async def test_what_was_discarded_between_the_check_and_the_act_is_not_counted_twice(
    benches: Benches,
) -> None:
    async with parked_desk(benches) as here:
        messages = await here.park(1, 2)
        async with console(here).signed_in() as browser:
            page = await form(browser, "/parked/retry", item=[f"{QUEUE}|{one.id}" for one in messages])
            await discard(here.bench.runner, Person("ben"), messages[:1], Remark(why="not needed"))
            refused = await confirmed(browser, "/parked/retry", page, "TCS was fixed")
    assert "2 then, 1 now (0 parked since, 1 no longer parked)" in text(refused)


async def test_a_message_that_was_retried_and_parked_again_since_the_confirmation_is_not_discarded(
    benches: Benches,
) -> None:
    async with parked_desk(benches) as here:
        messages = await here.park(1, 2)
        fields = {"ticket": "T-1", "review": today().isoformat()}
        async with console(here).signed_in() as browser:
            ticked = [f"{QUEUE}|{one.id}" for one in messages]
            page = await form(browser, "/parked/discard", item=ticked, **fields)
            assert "By cause: tcs-rejected: 2" in text(page)
            here.faults[2] = FAILED
            await asyncio.sleep(1.1)
            await retry(here.bench.runner, Person("ben"), messages[1:], "")
            await here.bench.runner.drain([QUEUE])
            refused = await confirmed(browser, "/parked/discard", page, "not needed")
    assert "2 then, 2 now (1 parked since, 1 no longer parked)" in text(refused)
    assert [one.cause for one in here.parked()] == [REJECTED[1], FAILED[1]]


async def test_a_viewer_looks_and_people_of_an_office_see_only_theirs(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        [one] = await here.park(1)
        key = f"{one.queue}|{one.id}"
        async with console(here, account(Role.VIEWER)).signed_in() as browser:
            assert ticks(await browser.get(LIST)) == []
            assert (await form(browser, "/parked/retry", item=key)).status_code == 403
        async with console(here, account(Role.OPERATOR, offices=frozenset({"EMD"}))).signed_in() as browser:
            assert "Nothing is parked." in text(await browser.get(LIST))
            assert (await browser.get(f"{LIST}/{one.queue}/{one.id}")).status_code == 404
            assert "Nothing was chosen" in text(await form(browser, "/parked/retry", item=key))
            assert (await browser.get("/parked?office=YHD")).status_code == 400


async def test_people_of_an_office_retry_its_messages_and_follow_their_batch(benches: Benches) -> None:
    own = account(Role.OPERATOR, offices=frozenset({"EOE"}))
    async with parked_desk(benches) as here:
        await here.park(1, 2, rows=True)
        async with console(here, own).signed_in() as browser:
            page = await form(browser, "/parked/retry", scope="all", office="EOE")
            done = await confirmed(browser, "/parked/retry", page, "TCS was fixed")
            assert "Batch B1 of 2 messages has begun" in text(await browser.get(done.headers["location"]))
            assert (await browser.get("/batches/B1")).status_code == 200
    [entry] = here.audit()
    assert (entry.who, entry.why) == (own.name, "TCS was fixed (deanery EOE)")


async def test_a_correction_is_off_unless_set_and_is_sent_by_a_second_person(benches: Benches) -> None:
    body = '{"n": 5,\r\n "personId": 1, "postIds": []}'
    second = Account(name="testa.second", roles=OWNER.roles)
    async with parked_desk(benches) as here:
        [one] = await here.park(1)
        fields = {"item": f"{one.queue}|{one.id}", "body": body}
        async with console(here).signed_in() as browser:
            assert (await form(browser, "/parked/edit", **fields)).status_code == 403
        async with console(here, edit_parked="two").signed_in() as browser:
            page = await form(browser, "/parked/edit", **fields)
            assert "Changed fields: $.n, $.personId, $.postIds" in text(page)
            done = await confirmed(browser, "/parked/edit", page, "wrong number")
            assert "Proposed. Another person has to send the same correction." in text(
                await browser.get(done.headers["location"])
            )
            again = await confirmed(
                browser, "/parked/edit", await form(browser, "/parked/edit", **fields), "wrong"
            )
            assert again.status_code == 409
        async with console(here, second, edit_parked="two").signed_in() as browser:
            page = await form(browser, "/parked/edit", **{**fields, "body": body.replace("\r\n", "")})
            done = await confirmed(browser, "/parked/edit", page, "I agree")
            assert "approved by testa.second" in text(await browser.get(done.headers["location"]))
        await here.bench.runner.drain([QUEUE])
        assert here.handled == [5]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/parked/retry", {"scope": "all"}),
        ("/parked/retry", {}),
        ("/parked/retry", {"scope": "all", "cause": "nonsense"}),
        ("/parked/edit", {"item": "x", "body": "{"}),
    ],
)
async def test_nonsense_is_a_page_and_does_nothing(
    benches: Benches, path: str, fields: dict[str, str]
) -> None:
    async with parked_desk(benches) as here:
        await here.park(1, fault=REJECTED)
        async with console(here, edit_parked="one").signed_in() as browser:
            assert (await form(browser, path, **fields)).status_code == 400
    assert here.audit() == []


async def test_where_a_look_cannot_be_audited_nothing_is_shown_unmasked(tmp_path: Path) -> None:
    kept = Benches(tmp_path, None)
    async with parked_desk(kept) as here:
        [one] = await here.park(1)
    state = tmp_path / "1" / "state"
    async with desk(state).signed_in() as browser:
        with closing(EmbeddedEngine(state, ALL_COLLECTIONS)):
            refused = await form(browser, "/parked/unmasked", item=f"{one.queue}|{one.id}", why="ticket 4711")
        assert (refused.status_code, title(refused)) == (409, "In use – TIS-ESR")
        assert "Nothing was shown." in text(refused)
        assert '"n": 1' not in refused.text


async def searched(browser: httpx2.AsyncClient, word: str) -> httpx2.Response:
    token = form_token(await browser.get("/parked"))
    found = await browser.post("/search", data={"form_token": token, "word": word})
    assert found.status_code == 303
    return await browser.get(found.headers["location"])


async def test_a_message_is_found_by_its_id_while_it_is_parked_and_after_it_was_handled(
    benches: Benches,
) -> None:
    async with parked_desk(benches) as here:
        first, second, third = await here.park(1, 2, 3)
        async with console(here).signed_in() as browser:
            parked = await searched(browser, f" {first.id.upper()} ")
            await discard(here.bench.runner, Person("ann"), [third], Remark(why="sent again", ticket="T-1"))
            here.faults.clear()
            batch = await here.begin([first, second])
            await here.steps()
            handled = await searched(browser, first.id)
            discarded = await searched(browser, third.id)
            unknown = await searched(browser, "f" * 32)
    assert title(parked) == f"Parked message {first.id[:12]} – TIS-ESR"
    assert f"batch {batch.id} of ann had it, begun at" in text(handled)
    assert f'href="/batches/{batch.id}"' in handled.text
    assert "not parked any more: ann discarded it" in text(discarded)
    assert "Tried:" in text(unknown)
    assert "message id" in text(unknown)


async def test_one_hit_is_not_asked_about(benches: Benches) -> None:
    async with parked_desk(benches) as here:
        [one] = await here.park(1)
        async with console(here).signed_in() as browser:
            said = text(await browser.get(f"/search?word={one.id}"))
    assert "1 hit." in said
    assert "Which one is meant?" not in said


async def test_a_form_that_is_sent_again_from_an_old_page_says_what_was_done_by_whom_and_when(
    benches: Benches,
) -> None:
    async with parked_desk(benches) as here:
        first, second, third = await here.park(1, 2, 3)
        keys = [f"{one.queue}|{one.id}" for one in (first, second, third)]
        fields = {"ticket": "T-1", "review": today().isoformat()}
        async with console(here).signed_in() as browser:
            asked = await form(browser, "/parked/discard", item=keys[:2], **fields)
            done = await confirmed(browser, "/parked/discard", asked, "sent again by ESR")
            notice = text(await browser.get(done.headers["location"]))
            again = await form(browser, "/parked/discard", item=keys[:2], **fields)
            retried = await form(browser, "/parked/retry", item=keys[0])
            here.faults.clear()
            batch = await here.begin([third])
            await here.steps()
            late = await form(browser, "/parked/retry", item=keys[2])
    assert re.search(rf"2 messages discarded\..* By {OWNER.name}, \d", notice)
    assert (again.status_code, retried.status_code, late.status_code) == (409, 409, 409)
    said = text(again)
    assert re.search(rf"not parked any more: {OWNER.name} discarded it at \d", said)
    assert "1 other was ticked too. Nothing was done now." in said
    assert f"{OWNER.name} discarded it at" in text(retried)
    assert f"batch {batch.id} of ann had it, begun at" in text(late)
    assert "Nothing was chosen" not in said
