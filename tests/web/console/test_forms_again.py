"""A form that lacks something is shown again with what was typed, what is wrong in a summary and beside the field."""

import re
from pathlib import Path

import httpx2
import pytest
from tests.web.console.browsing import desk, form_token, text, title

YESTERDAY, TODAY = "2026-11-25", "2026-11-26"
PAST_TICKET = {"ticket": "INC1", "review": YESTERDAY}


def value_of(page: httpx2.Response, name: str) -> str:
    """Return what a field of a page has."""
    field = re.findall(rf'<input [^>]*name="{name}"[^>]*>', page.text)[0]
    return "".join(re.findall(r'value="([^"]*)"', field))


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        (
            {"ticket": "", "review": ""},
            [
                "Enter the ticket under which the discard is tracked",
                "Enter the day on which the outcome is reviewed",
            ],
        ),
        (PAST_TICKET, ["The day of review must be today or in the future"]),
        (
            {"ticket": "x" * 101, "review": TODAY},
            ["The ticket must be 100 characters or fewer, in one line"],
        ),
    ],
)
async def test_a_discard_without_ticket_or_day_keeps_the_form(
    typed: dict[str, str], errors: list[str], state: Path
) -> None:
    async with desk(state).signed_in() as browser:
        token = form_token(await browser.get("/parked/messages"))
        sent = {"form_token": token, "item": ["q|one", "q|two"], "cause": "row-unreadable", **typed}
        page = await browser.post("/parked/discard", data=sent)
    summary = re.findall(r"error-summary__list.*?</ul>", page.text, re.DOTALL)[0]
    assert (page.status_code, title(page)) == (400, "Error: Discard – TIS-ESR")
    assert [said in summary for said in errors] == [True] * len(errors)
    assert text(page).count("Error: ") == len(errors)
    assert [value_of(page, name) for name in typed] == list(typed.values())
    assert re.findall(r'name="item" value="([^"]*)"', page.text) == ["q|one", "q|two"]
    assert value_of(page, "cause") == "row-unreadable"
    assert 'href="/parked/messages?cause=row-unreadable"' in page.text


@pytest.mark.parametrize(
    ("address", "typed", "said"),
    [
        ("/alarms/silence", {"until": ""}, "Enter the day until which to silence"),
        ("/alarms/silence", {"until": "2999-01-01"}, "The day must be "),
        ("/alarms/own", {"owner": "a\x07b"}, "The owner's name must be 100 characters or fewer, in one line"),
    ],
)
async def test_an_act_on_alarms_keeps_the_form(
    address: str, typed: dict[str, str], said: str, state: Path
) -> None:
    async with desk(state).signed_in() as browser:
        token = form_token(await browser.get("/alarms"))
        sent = {"form_token": token, "item": "file-late:x", "back": "alarm", **typed}
        page = await browser.post(address, data=sent)
    assert page.status_code == 400
    assert said in text(page)
    assert value_of(page, "item") == "file-late:x"
    assert 'href="/alarms/file-late%3Ax"' in page.text


async def test_a_look_at_personal_data_without_a_reason_asks_for_it(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        token = form_token(await browser.get("/parked/messages"))
        page = await browser.post("/parked/unmasked", data={"form_token": token, "item": "q|one", "why": " "})
    assert page.status_code == 400
    assert "Enter why you need to see personal data" in text(page)
    assert value_of(page, "item") == "q|one"


@pytest.mark.parametrize(
    ("address", "name"),
    [("/outage", "What an outage delayed and dropped"), ("/procedures/recovery", "Guided procedures")],
)
async def test_times_that_no_outage_has_keep_the_form(address: str, name: str, state: Path) -> None:
    times = {"from": "2026-11-24T15:00", "to": "2026-11-24T14:00"}
    async with desk(state).signed_in() as browser:
        page = await browser.get(address, params=times)
        half = await browser.get(address, params={"from": "2026-11-24T15:00", "to": ""})
    assert (page.status_code, title(page)) == (400, f"Error: {name} – TIS-ESR")
    assert "is not after" in text(page)
    assert [value_of(page, one) for one in times] == list(times.values())
    assert "Go back to Guided procedures" not in text(page)
    assert "Enter the time at which the outage began, and the time at which it ended" in text(half)
    assert value_of(half, "from") == "2026-11-24T15:00"
