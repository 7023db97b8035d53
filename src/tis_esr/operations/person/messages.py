"""The messages about a person: those of the rows of ESR that led to what is stored, and others that have their number."""

from typing import Final

from tis_esr.engine.reader_protocol import Reader, Trace
from tis_esr.operations.person.subject import Subject

MOST_WAITING: Final = 1000
"""Waiting messages with a person's number that are named; more can only be there while ESR's files are being processed."""


def messages_about(reader: Reader, subject: Subject) -> list[Trace]:
    """Return the messages about a person, each once.

    Those that are parked or wait are searched one by one: after an erasure nothing else may lead to them.
    """
    found = {(trace.queue, trace.id): trace for trace in reader.messages_of(subject.correlation_ids)}
    number = subject.gmc_number.encode()
    for trace in reader.parked():
        key = trace.queue, trace.id
        message = None if key in found else reader.parked_message(*key)
        if message is not None and number in message.body:
            found[key] = trace
    for trace in reader.waiting_with(number, MOST_WAITING):
        found.setdefault((trace.queue, trace.id), trace)
    return list(found.values())
