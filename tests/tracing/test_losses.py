"""Losses of spans are counted in full and logged seldom."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from tis_esr.tracing.losses import Losses

MINUTE = 60.0


def of(act: Callable[[Losses], None]) -> list[tuple[str, int]]:
    """Return what is logged: the event, and how many spans it says are lost."""
    with capture_logs() as lines:
        act(Losses())
    return [(line["event"], line["lost"]) for line in lines]


def test_an_outage_is_two_lines_however_often_spans_are_lost() -> None:
    def overloaded(losses: Losses) -> None:
        for second in range(100):
            losses.failed(5, "full", second)
            losses.looked(0.2, second + 0.5)
        losses.looked(0.2, 99 + MINUTE)

    assert of(overloaded) == [("traces_not_exported", 5), ("traces_exported_again", 500)]


def test_an_outage_lasts_until_the_queue_was_below_half_for_a_minute() -> None:
    def filled(losses: Losses) -> None:
        losses.failed(1, "full", 0)
        losses.looked(0.6, 30)
        losses.looked(0.4, 89)
        losses.looked(0.5, 89.5)
        losses.looked(0.4, 149)

    assert of(filled) == [("traces_not_exported", 1)]


def test_a_second_outage_is_logged_anew() -> None:
    def twice(losses: Losses) -> None:
        losses.failed(1, "full", 0)
        losses.looked(0, MINUTE)
        losses.failed(2, "full", 100)

    assert of(twice) == [
        ("traces_not_exported", 1),
        ("traces_exported_again", 1),
        ("traces_not_exported", 2),
    ]


@pytest.mark.parametrize(("sent", "line"), [(90, []), (60, [("traces_not_exported", 30)])])
def test_at_the_end_what_is_lost_and_in_no_line_is_logged(sent: int, line: list[Any]) -> None:
    """Of 100 recorded spans 10 were lost in two outages, whose lines have said so."""

    def ended(losses: Losses) -> None:
        losses.recorded, losses.sent = 100, sent
        losses.failed(3, "full", 0)
        losses.failed(4, "full", 1)
        losses.looked(0, 1 + MINUTE)
        losses.failed(3, "full", 200)
        structlog.get_logger().info("end", lost=0)
        losses.closed()

    assert of(ended)[4:] == line


def test_spans_that_are_sent_later_are_not_lost() -> None:
    def away(losses: Losses) -> None:
        losses.recorded = 10
        losses.failed(0, "NewConnectionError", 0)
        losses.failed(0, "NewConnectionError", 1)
        losses.sent = 10
        losses.closed()

    assert of(away) == [("traces_not_exported", 0)]
