"""Answers "is it safe to retry this?": the outlook of a retry, and what TCS and ESR already have of it."""

from datetime import date

import msgspec

from tis_esr.engine.envelope import Message
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import Row
from tis_esr.errors import TisEsrError
from tis_esr.operations.parked.known_effects import in_esr, in_tcs, rows_of, subject
from tis_esr.operations.parked.superseding import Outlook, outlook
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE

_SENTENCES = {
    Outlook.TAKES_EFFECT: "A retry takes effect: nothing newer of it has been handled.",
    Outlook.PARTLY_SUPERSEDED: "A retry takes effect in part: newer rows had some of its details.",
    Outlook.SUPERSEDED: "A retry changes nothing: a newer version has been handled.",
    Outlook.DONE_BEFORE: "A retry changes nothing: it has taken effect before.",
    Outlook.NOT_POSSIBLE: "It cannot be retried: no service handles it.",
    Outlook.UNKNOWN: "What a retry would do is unknown: the body of the message cannot be read.",
}


class Safety(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a retry is possible and what it would do, in one sentence; nothing is applied twice in any case.

    ``in_tcs`` and ``in_esr`` are what they have of it.
    """

    can_retry: bool
    outlook: Outlook
    sentence: str
    in_tcs: list[str] = []
    in_esr: list[str] = []
    rows: list[Row] = []


def safety(reader: Reader, message: Message, today: date) -> Safety:
    """Return whether it is safe to retry a parked message; nothing is changed and TCS is not read."""
    about = subject(message)
    rows = rows_of(reader, message)
    tcs, esr = list(in_tcs(reader, message, about)), list(in_esr(reader, about))
    found = _outlook(reader, message, today)
    return Safety(
        can_retry=found is not Outlook.NOT_POSSIBLE,
        outlook=found,
        sentence=_SENTENCES[found],
        in_tcs=tcs,
        in_esr=esr,
        rows=rows,
    )


def _outlook(reader: Reader, message: Message, today: date) -> Outlook:
    if message.queue == UNREADABLE:
        return Outlook.NOT_POSSIBLE
    try:
        return outlook(reader, message, today)
    except (msgspec.DecodeError, TisEsrError, LookupError, OverflowError, RecursionError):
        return Outlook.UNKNOWN
