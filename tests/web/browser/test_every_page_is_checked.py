"""No page without a state in which axe looks at it: by its address in STATES, or in a journey that is named here."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser import test_accessibility as by_address
from tests.web.browser import test_accessibility_of_states as of_states
from tests.web.browser import test_batch_journey as of_batches
from tests.web.console.browsing import desk

from tis_esr.web.console import rendering

TEMPLATES = Path(rendering.__file__).parent / "templates"
JOURNEYS: dict[str, Callable[..., Any]] = {
    "alarm.html": by_address.test_alarms_and_what_is_done_about_them_too,
    "asked_again.html": by_address.test_alarms_and_what_is_done_about_them_too,
    "audit_entry.html": of_batches.test_one_message_its_content_unmasked_a_discard_and_the_audit,
    "batch.html": of_batches.test_a_batch_begun_in_the_console_goes_on_after_the_console_was_killed,
    "confirm.html": by_address.test_alarms_and_what_is_done_about_them_too,
    "interrupted.html": of_states.test_an_act_that_an_expired_session_interrupted_goes_on_after_signing_in_again,
    "parked_message.html": of_batches.test_one_message_its_content_unmasked_a_discard_and_the_audit,
    "posts.html": of_states.test_posts_in_tis,
    "process.html": of_states.test_processes_of_which_one_is_gone,
    "signed_out.html": by_address.test_a_page_above_ones_role_too,
    "start_of_trusts.html": of_states.test_what_people_of_a_trust_see,
}
"""Pages that need an act, an account or a store of their own."""


def pages() -> set[str]:
    return {one.name for one in TEMPLATES.glob("*.html") if '{% extends "layout.html" %}' in one.read_text()}


async def test_every_page_is_checked_by_axe_in_one_state_at_least(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: set[str] = set()
    environment = rendering._environment()
    found = environment.get_template

    def noted(name: str, *more: Any) -> Any:
        shown.add(name)
        return found(name, *more)

    monkeypatch.setattr(environment, "get_template", noted)
    visited = desk(state, searches=1000)
    async with visited.signed_in() as browser:
        for path in by_address.STATES:
            await browser.get(path, follow_redirects=True)
    async with visited.browser() as browser:
        for path in by_address.SIGNED_OUT:
            await browser.get(path, follow_redirects=True)
    assert pages() - shown - JOURNEYS.keys() == set(), "no axe test shows these pages: add a state"
    assert JOURNEYS.keys() - (pages() - shown) == set(), (
        "in STATES, or removed: the journey need not be named"
    )


@pytest.mark.parametrize("page", JOURNEYS)
def test_a_journey_that_is_named_here_asks_axe(page: str) -> None:
    source = inspect.getsource(JOURNEYS[page])
    assert "await check(page)" in source or "await violations(page)" in source
