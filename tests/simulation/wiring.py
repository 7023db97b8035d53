"""The one place that knows how the product is opened up for the simulation: the wire to TCS, clocks, random ids."""

import contextlib
import itertools
import logging
import time
from collections.abc import Iterator
from unittest.mock import patch
from uuid import UUID

import structlog
from tests.simulation.loop import SimLoop
from tests.simulation.tcs import TIMEOUT_SECONDS, UNCERTAIN_SECONDS, SimTcs

from tis_esr import wall_clock
from tis_esr.services.inbound_data_writer import attempts
from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.tokens import NoToken

URL = "http://tcs.example/tcs"

EXPORT_WAIT = 6 * 3600.0
"""A process that is 300 times slower would leave records for the next file, which the ordered run has no like of."""


def client(server: SimTcs, loop: SimLoop) -> Tcs:
    """Return a client of the simulated TCS, with its own breaker on the virtual clock."""
    settings = TcsSettings(base_url=URL, timeout_seconds=TIMEOUT_SECONDS, uncertain_seconds=UNCERTAIN_SECONDS)
    return Tcs(settings, NoToken(), Breaker(clock=loop.time), server)


@contextlib.contextmanager
def virtual_clocks(loop: SimLoop) -> Iterator[None]:
    """Have libraries and the program read the loop's time, and ids of attempts counted."""
    numbers = itertools.count(1)
    with (
        patch.object(time, "monotonic", loop.time),
        patch.object(time, "time", loop.since_1970),
        patch.object(wall_clock, "now", loop.now),
        patch.object(attempts, "uuid4", lambda: UUID(int=next(numbers))),
    ):
        yield


def silent() -> None:
    """Log nothing: a run's story is its trace."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
