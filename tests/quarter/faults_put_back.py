"""Faults put back into the product one at a time: a seed by which each is found as an unexplained difference.

python -m tests.quarter --put-back all
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tis_esr.decisions.notifications.position_notifications import drafts
from tis_esr.services.contracts.commands import DAILY_RULES_COMMAND, RECONCILE_ALL_COMMAND, ask

_TIS = (
    "created", "approved", "moved", "ended_otherwise", "other_site", "other_hours", "swapped", "drafted", "deleted",
    "moved_to_another_post", "post_created", "post_renumbered", "post_closed", "post_deleted", "person_changed",
    "person_spoilt", "person_repaired", "intake",
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What is put back by ``patches``; ``off`` are changes without which something else would make up for it."""

    text: str
    patches: Callable[[], list[Any]]
    seed: int = 0
    weeks: int = 2
    posts: int = 30
    off: frozenset[str] = frozenset()


def _command_left_out(*left_out: str) -> list[Any]:
    def some(work: Any, command: str, *more: Any) -> None:
        if command not in left_out:
            ask(work, command, *more)

    return [patch("tis_esr.services.day.ask", some)]


def _never(place: str, answer: Any = False) -> Callable[[], list[Any]]:
    return lambda: [patch(f"tis_esr.{place}", lambda *_, **__: answer)]


_DRAFTS = "decisions.notifications.position_notifications"
_PENDING = "services.data_exporter.pending_records"


def _never_notified() -> list[Any]:
    def without(*more: Any, notified: bool, **named: Any) -> Any:
        return drafts(*more, notified=False, **named)

    return [patch("tis_esr.services.notification_generator.notification_generation.drafts", without)]


FAULTS = {
    "no-comparison": Fault(
        "the daily comparison does not run", lambda: _command_left_out(RECONCILE_ALL_COMMAND)
    ),
    "no-daily-rules": Fault(
        "the daily rules do not run, in a TIS in which nobody changes anything, without the daily comparison",
        lambda: _command_left_out(RECONCILE_ALL_COMMAND, DAILY_RULES_COMMAND),
        weeks=6,
        off=frozenset(_TIS),
    ),
    "never-withdrawn": Fault(
        "a placement that is gone withdraws nobody", _never(f"{_DRAFTS}.is_gone"), weeks=3
    ),
    "swap-withdraws-nobody": Fault(
        "a swapped trainee is not withdrawn", _never(f"{_DRAFTS}.is_somebody_elses"), seed=1, weeks=3
    ),
    "swap-ignored": Fault(
        "a swapped trainee's successor is no applicant", _never(f"{_PENDING}.replaced", None), seed=1, weeks=3
    ),
    "no-other-dates": Fault("other dates are not sent", _never(f"{_DRAFTS}.has_reportable_dates")),
    "vacancy-unsent": Fault("that a position falls empty is not sent", _never_notified, weeks=3),
    "only-what-changed": Fault(
        "of who is now and next in a position only what changed is sent",
        lambda: [patch(f"tis_esr.{_PENDING}._is_known_to_esr", _by_subject)],
    ),
    "all-at-once": Fault(
        "more than 40 applicants of a post go in one file",
        lambda: [patch.dict("tis_esr.decisions.file_packing.Packing.__init__.__kwdefaults__", most=1000)],
        seed=2,
        weeks=4,
    ),
}


def _by_subject(draft: Any, submitted: Any, *, as_sent: bool) -> bool:
    if draft.fact:
        return bool(draft.fact == (submitted.fact if submitted else draft.held))
    return submitted is not None and submitted.fields == draft.columns


@contextmanager
def put_back(fault: Fault) -> Iterator[None]:
    """Have a fault in the product for as long as the block lasts."""
    with ExitStack() as stack:
        for one in fault.patches():
            stack.enter_context(one)
        yield
