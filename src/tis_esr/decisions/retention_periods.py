"""How long data is kept, and which old data may be removed (guarantee 11).

Nothing is removed that could still change an outcome: guards against duplicates and older facts are kept until nothing
that they guard against can arrive. The reasons are in docs/reference/retention.md.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

FILES_COME_WITHIN = timedelta(days=31)
"""If no file has arrived for longer, the date or the clock is probably wrong: nothing is purged."""

_ABOUT_A_PLACEMENT = re.compile(r"\d+:(?:1:now|1:next|sent):(\d+)(?::\d+)?")


@dataclass(frozen=True)
class Cutoffs:
    """The cutoff day of each kind of data; that of guards is long before that of ``history``."""

    day: date
    messages: date
    personal: date
    history: date
    guards: date


@dataclass(frozen=True)
class Retention:
    """How many days rows and handled messages, personal data, and history are kept."""

    rows_days: int = 35
    personal_days: int = 90
    history_days: int = 400

    @property
    def guard_days(self) -> int:
        """Return how many days guards are kept.

        A file may be as old as the history when it is accepted; its messages may wait as long as rows are kept, and be
        parked as long as personal data is.
        """
        return self.history_days + self.personal_days + self.rows_days

    def cutoffs(
        self, day: date, oldest_waiting_seconds: float = 0.0, open_longest_seconds: float = 0.0
    ) -> Cutoffs:
        """Return the days before which things are old on ``day``.

        While a message has been waiting for longer than rows are kept, or was requeued and parked again for longer
        than rows and personal data together are, no guard is old.
        """

        def before(days: int) -> date:
            return day - timedelta(days=days)

        is_stuck = (
            oldest_waiting_seconds >= timedelta(days=self.rows_days).total_seconds()
            or open_longest_seconds >= timedelta(days=self.rows_days + self.personal_days).total_seconds()
        )
        return Cutoffs(
            day=day,
            messages=before(self.rows_days),
            personal=before(self.personal_days),
            history=before(self.history_days),
            guards=date.min if is_stuck else before(self.guard_days),
        )


def is_older_than_ledger(day: date, oldest: date | None) -> bool:
    """Return whether a file of this date may have been processed under an entry that was purged."""
    return oldest is not None and day < oldest


def too_old_reason(day: date, oldest: date) -> str:
    """Return why a file of this date is refused."""
    return (
        f"dated {day}, before {oldest}: the ledger has no older files (keep_history_days), so it is not known whether"
        " this one was processed before"
    )


def is_applicant_over(date_to: date, cutoffs: Cutoffs) -> bool:
    """Return whether an applicant record may be removed: its placement ended so long ago that nobody is sent for it again."""
    return date_to < cutoffs.history


def placement_of(about: str) -> str:
    """Return the id of the placement in a notification's key; "" if it has none."""
    found = _ABOUT_A_PLACEMENT.fullmatch(about)
    return found[1] if found else ""


def is_notification_over(
    about: str, *, is_pending: bool, is_current: bool, is_last_sent: bool, live: Iterable[str] | None
) -> bool:
    """Return whether an old notification may be removed.

    What was sent last about a subject is what ESR has, so it stays while the subject exists: ``is_current`` says that
    the position's newest notifications are about it, ``live`` are the ids of the placements of which there may be
    others, None if the position is no longer matched.
    """
    if is_pending or (is_last_sent and is_current):
        return False
    if not is_last_sent or live is None:
        return True
    placement = placement_of(about)
    return bool(placement) and placement not in live


def are_stamps_over(days: Iterable[date], cutoffs: Cutoffs) -> bool:
    """Return whether stamps are no longer needed: rows as old as these can no longer arrive."""
    return all(day < cutoffs.guards for day in days)
