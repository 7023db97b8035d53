"""Subject requests: export everything stored about a person, or erase it; both audited without naming the person.

A GMC number has seven digits, so a hash of it names the person to anybody who tries all of them. The audit has the random id
of the request instead, which is printed for the ticket, and the ids of TIS.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec

from tis_esr import __version__
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.person.erasing import Erasure, erase
from tis_esr.operations.person.messages import messages_about
from tis_esr.operations.person.subject import Subject, find_subject
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, RESENT
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, TIS_PEOPLE
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS

EXPORT, ERASE, ERASE_DRY_RUN = "person.export", "person.erase", "person.erase-dry-run"
"""The acts in the audit."""
_DIGITS = 7
NOT_INCLUDED = "Files from and to ESR in their stores, logs (ids only), and backups are not part of the store. TIS has its own record."


class PersonExport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything stored about a person: documents by collection, the outcomes of ESR's rows, messages without bodies."""

    request: str
    gmc_number: str
    version: str
    known: bool
    collections: dict[str, list[dict[str, Any]]]
    rows: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    not_included: str = NOT_INCLUDED


def new_request() -> str:
    """Return the id of a new request: random, so that it says nothing about the person."""
    return uuid4().hex[:12]


def checked(gmc_number: str, why: str) -> tuple[str, str]:
    """Return a GMC number and a reason without blanks around them. Raises UsageError."""
    number, reason = gmc_number.strip(), why.strip()
    if not (number.isascii() and number.isdigit() and len(number) == _DIGITS):
        raise UsageError("--gmc", "is not a GMC number of seven digits")
    if not reason:
        raise UsageError("--why", "give the reason, such as the ticket of the request")
    if number in reason:
        raise UsageError("--why", "leave the GMC number out of it: the audit has no personal data")
    return number, reason


async def export_person(
    runner: Runner, reader: Reader, person: Person, gmc_number: str, why: str, request: str
) -> PersonExport:
    """Return everything stored about a person, once the look is in the audit."""
    work = runner.work()
    subject = await find_subject(work, runner.work, gmc_number)
    await record(work, person, EXPORT, _on(subject, request), why=why)
    await work.commit()
    ids = subject.correlation_ids
    messages = messages_about(reader, subject)
    places = [(file, int(row)) for file, _, row in (id_.rpartition(":") for id_ in ids) if row.isdecimal()]
    return PersonExport(
        request=request,
        gmc_number=gmc_number,
        version=__version__,
        known=subject.is_known or bool(messages),
        collections={name: documents for name, documents in _documents(subject).items() if documents},
        rows=[msgspec.to_builtins(row) for row in reader.rows(places)],
        messages=[msgspec.to_builtins(trace) for trace in messages],
    )


async def erase_person(
    runner: Runner, reader: Reader, person: Person, gmc_number: str, why: str, request: str, *, dry_run: bool
) -> Erasure:
    """Erase a person as far as it may be, with the entry of the audit in the same unit of work; or say what it would."""
    work = runner.work()
    done = await erase(work, runner.work, reader, gmc_number, work.today)
    if dry_run:
        work = runner.work()
    numbers = ", ".join(f"{number} in {name}" for name, number in sorted(done.erased.items())) or "nothing"
    result = f"{'would erase' if dry_run else 'erased'} {numbers}; kept {len(done.kept)}"
    subject = await find_subject(work, runner.work, gmc_number)
    on = _on(subject, request)
    await record(work, person, ERASE_DRY_RUN if dry_run else ERASE, on, why=why, result=result)
    await work.commit()
    return msgspec.structs.replace(done, dry_run=dry_run, request=request)


def _on(subject: Subject, request: str) -> Sequence[str]:
    return [f"request {request}", *(f"TIS person {id_}" for id_ in sorted(subject.person_ids))]


def _documents(subject: Subject) -> dict[str, list[dict[str, Any]]]:
    sent = [msgspec.to_builtins(one) for one in subject.sent]
    heads = [msgspec.to_builtins(row) for file in subject.files for row in file.asg_head]
    return {
        APPLICANTS.name: _plain(subject.applicants),
        RESENT.name: _plain(subject.resent),
        NOTIFICATIONS.name: _plain(subject.notifications),
        DECISIONS.name: _plain(subject.decisions),
        JOURNAL.name: _plain(subject.journal),
        KNOWN_POSITIONS.name: sent,
        FILES.name: heads,
        TIS_PEOPLE.name: _plain(subject.tis_people),
        TIS_EXPORTS.name: _plain(subject.tis_exports),
    }


def _plain(documents: Sequence[msgspec.Struct]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(document) for document in documents]
