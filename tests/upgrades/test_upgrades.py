"""A store of 0.2.0, in the middle of a day, is upgraded and ends that day as if nothing had been."""

from collections.abc import Callable

import pytest
from pika import BlockingConnection, URLParameters
from tests.journeys.program import ENGINES
from tests.upgrades.conftest import LONG, OldStore
from tests.upgrades.dumps import publish_again

PutUp = Callable[[str], OldStore]

DELETED_IN_ESR = {"positionId": 6000001, "positionNumber": 26000001, "status": "DELETED", "postId": 100001}
"""What 0.2.0 had still to tell TCS when it was killed."""


def test_a_store_of_an_earlier_release_is_refused_with_what_to_do(put_up: PutUp) -> None:
    old = put_up("0.2")
    said = old.day()
    assert said.code in {2, 3}
    assert f"schema version {'2' if old.engine == 'embedded' else '1'}" in said.text
    assert "run tis-esr install" in said.text


def test_an_upgraded_store_explains_what_was_ends_the_day_that_was_begun_and_goes_on(put_up: PutUp) -> None:
    old = put_up("0.2")
    events, exported = len(old.tcs.simulator.store.post_events), _exported(old)
    upgraded = old.install()
    assert upgraded.code == 0
    assert "from 0.2.0." in upgraded.text
    explains_what_was(old)
    said = old.day()
    assert said.code == 1, "an applicant's start had passed"
    assert "2 To export, 87 Confirmed, 3 Deleted before export, 6 Invalid data" in said.text
    assert "40 Matched, 1 Unmatched, 3 Deleted" in said.text
    sent = old.sent()
    assert list(sent) == ["KSS_DNC 28"], "numbers go on after 27, which 0.2.0 had used for files without rows"
    assert {row.split(",")[1] for row in sent["KSS_DNC 28"]} == {'"1"'}, "types 2, 4 and 5 were sent by 0.2.0"
    assert {row.rsplit(",", 2)[1] for row in sent["KSS_DNC 28"]} == {"6000013", "6000023"}
    fresh = old.tcs.simulator.store.post_events[events:]
    assert [{name: event[name] for name in DELETED_IN_ESR} for event in fresh] == [DELETED_IN_ESR]
    assert _exported(old) == exported, "TCS knew of every applicant that was sent"
    if old.engine == "embedded" or LONG:
        assert old.day(1).code == 0
        assert old.sent(1) == {}, "nothing has changed in TIS or ESR"


def explains_what_was(old: OldStore) -> None:
    """Check answers about what 0.2.0 did."""
    said = old.program("why", "position:6000015").text
    assert (
        "was sent to ESR on 24 Nov 2026 in DE_KSS_APP_20261124_00000002.DAT, row 3; ESR accepted it" in said
    )
    assert "type 4 (new dates 31 Dec 2026 to 12 Jun 2027)" in said
    parked = old.program("parked", "--json").json
    assert sorted(message["cause"] for message in parked) == ["row-out-of-place", *["row-unreadable"] * 3]
    row = old.program("why", "DE_EMD_RMF_20261124_00004001.DAT:3").text
    assert "column deaneryNumber is mandatory and empty" in row


def _exported(old: OldStore) -> dict[int, int]:
    return {number: len(events) for number, events in old.tcs.simulator.store.placement_events.items()}


@pytest.mark.parametrize("engine", ["production"], indirect=True)
def test_a_database_is_not_upgraded_while_a_process_consumes_its_queues(put_up: PutUp) -> None:
    old = put_up("0.2")
    with BlockingConnection(URLParameters(old.program.settings["TIS_ESR_AMQP_URL"])) as connection:
        connection.channel().basic_consume("esr.queue.por.split", lambda *_: None)
        said = old.install()
    assert said.code == 3
    assert "a process still consumes esr.queue.por.split; stop all processes" in said.text
    assert "schema version 1" in old.day().text


@pytest.mark.parametrize("engine", ENGINES if LONG else ["embedded"], indirect=True)
def test_a_store_of_0_3_needs_no_upgrade(put_up: PutUp) -> None:
    old = put_up("0.3")
    assert "upgrade:" not in old.install().text
    if old.engine == "production":
        publish_again(old.addresses)
    said = old.day()
    assert said.code == 0, said.text
    assert "87 Confirmed" in said.text
    assert list(old.sent()) == ["KSS_DNC 28"]
