"""TCS down, slow, failing, refusing or answering rubbish: the day waits, parks nothing and ends the same."""

import itertools
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from tests.drawn import LONG
from tests.faults.days import Days, Ground
from tests.faults.wire import Wire, wire

from tis_esr.simulation.tcs.responses import error
from tis_esr.simulation.tcs.switches import Misbehaviour, Switches

DOWN_SECONDS = 1.5


class EveryTenth(Misbehaviour):
    """Fails every tenth call: one in ten, and never the same one over and over."""

    def __init__(self, status: int) -> None:
        super().__init__(Switches())
        self._status = status
        self._calls = itertools.count(1)

    async def instead(self) -> web.Response | None:
        return None if next(self._calls) % 10 else error(self._status, "error.internalServerError")


class RubbishLater(Misbehaviour):
    """Answers well once, and then with twelve pages of HTML."""

    async def instead(self) -> web.Response | None:
        answer = await super().instead()
        if not self.is_known:
            self.is_known = True
            self.switches.rubbish_next = 12
        return answer

    def __init__(self) -> None:
        super().__init__(Switches())
        self.is_known = False


def ends_as_undisturbed(days: Days, ground: Ground) -> None:
    """Run the day here: nothing more is parked than the few faulty rows, since the reasons are compared too."""
    assert ground.run(settings={**ground.settings, "patience_seconds": 40}) == 0
    assert ground.found() == days.undisturbed


@pytest.mark.parametrize("status", [500, 503])
def test_a_tcs_that_fails_every_tenth_call_changes_nothing(days: Days, status: int) -> None:
    with days.ground(f"one in ten {status}") as ground:
        ground.tcs.simulator.misbehaviour = EveryTenth(status)
        ends_as_undisturbed(days, ground)


@pytest.mark.parametrize(
    "switches",
    [
        pytest.param(Switches(fail_next=6, fail_status=429, retry_after=1), id="429 with Retry-After"),
        pytest.param(Switches(delay_ms=20), id="slow"),
        *([pytest.param(Switches(fail_next=60, fail_status=500), id="500 for a while")] if LONG else []),
        *([pytest.param(Switches(fail_next=60, fail_status=503), id="503 for a while")] if LONG else []),
    ],
)
def test_a_tcs_that_misbehaves_for_a_while_changes_nothing(days: Days, switches: Switches) -> None:
    with days.ground(f"switches {hash(switches.fail_status)} {switches.delay_ms}") as ground:
        ground.tcs.simulator.misbehaviour.switches = switches
        ends_as_undisturbed(days, ground)


def test_rubbish_once_tcs_has_answered_changes_nothing(days: Days) -> None:
    with days.ground("rubbish") as ground:
        ground.tcs.simulator.misbehaviour = RubbishLater()
        ends_as_undisturbed(days, ground)


@pytest.fixture
def ground(days: Days) -> Iterator[Ground]:
    with days.ground("down") as ground:
        yield ground


@pytest.mark.parametrize("calls", [0, 60])
def test_a_tcs_that_refuses_connections_for_a_while_changes_nothing(
    days: Days, ground: Ground, calls: int
) -> None:
    address = urlsplit(ground.url)
    assert address.port is not None
    with wire(address.port) as line:
        ground.url = ground.url.replace(str(address.port), str(line.port))
        breaking = threading.Thread(target=down_for_a_while, args=(line, ground, calls), daemon=True)
        breaking.start()
        ends_as_undisturbed(days, ground)
        breaking.join()


def down_for_a_while(line: Wire, ground: Ground, calls: int) -> None:
    """Cut the line once TCS has answered so many calls; the length of the cut is the disturbance."""
    end = time.monotonic() + 30
    while ground.tcs.simulator.answered < calls and time.monotonic() < end:
        time.sleep(0.005)
    line.down()
    time.sleep(DOWN_SECONDS)
    line.up()
