"""What a retry of several messages would do, before anything is changed: the dry run."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.batches.freezing import token_of
from tis_esr.operations.parked.listing import ParkedMessage
from tis_esr.operations.parked.safety import safety
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE

CHECKED_AT_MOST: Final = 500


class RetryReport(msgspec.Struct, frozen=True, kw_only=True):
    """The dry run of a retry, and what was done then.

    ``by_outlook`` counts the ``checked`` messages by what a retry would do; ``token`` names the set at this moment;
    ``unreadable`` are chosen messages that can only be discarded. ``requeued`` or ``batch`` say what was done.
    """

    messages: int
    by_cause: dict[str, int]
    by_outlook: dict[str, int]
    checked: int
    unreadable: int
    token: str
    requeued: int = 0
    batch: str = ""

    def acted(self, *, requeued: int = 0, batch: str = "") -> "RetryReport":
        """Return it with what was done."""
        return msgspec.structs.replace(self, requeued=requeued, batch=batch)


def retryable(messages: Sequence[ParkedMessage]) -> list[ParkedMessage]:
    """Return the messages that a service handles; unreadable rows can only be discarded."""
    return [message for message in messages if message.queue != UNREADABLE]


def planned(
    reader: Reader, messages: Sequence[ParkedMessage], unreadable: int, today: date, now: float
) -> RetryReport:
    """Return what a retry of these messages would do; of many only the first are checked one by one."""
    outlooks: Counter[str] = Counter()
    for message in messages[:CHECKED_AT_MOST]:
        whole = reader.parked_message(*message.identity)
        outlooks[safety(reader, whole, today).outlook.value if whole else "gone"] += 1
    return RetryReport(
        messages=len(messages),
        by_cause=dict(Counter(message.cause.value for message in messages).most_common()),
        by_outlook=dict(outlooks.most_common()),
        checked=min(len(messages), CHECKED_AT_MOST),
        unreadable=unreadable,
        token=token_of(messages, now).text,
    )
