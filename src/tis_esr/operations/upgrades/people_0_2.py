"""Person updates of 0.2.0: one stamp a person becomes one for each detail."""

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from tis_esr.decisions.people import ADD_FIELDS, PER_FIELDS
from tis_esr.decisions.versions import Stamp
from tis_esr.engine.upgrading import Json, OldDocuments, Written
from tis_esr.records.file_names import DEANERIES, FileName
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, TIS_PEOPLE, JournalEntry, TisPerson

_DETAILS = [mapping.detail for mapping in (*PER_FIELDS, *ADD_FIELDS)]
_LAST = max(DEANERIES)
"""Sorts behind all, so that a row of the same day and an unknown office does not count as newer."""


def people(old: OldDocuments, documents: Sequence[Json]) -> Iterator[Written]:
    """Yield each person with the stamp of their newest assignment on every contact and personal detail.

    0.2.0 dropped older assignments as a whole, so none of these details may be taken from one now. Which row an absence
    came from was not stored: an absence in an older assignment that arrives after the upgrade is written again.
    """
    journal: dict[int, list[Json]] = {}
    numbers = [document["person_id"] for document in documents]
    for entry in old.find(JOURNAL.name, "person_id", numbers):
        journal.setdefault(entry["person_id"], []).append(entry)
    for document in documents:
        own = journal.get(document["person_id"], [])
        newest = _newest(document, own)
        yield TIS_PEOPLE, TisPerson(person_id=document["person_id"], stamps=dict.fromkeys(_DETAILS, newest))


def _newest(document: Json, journal: Sequence[Json]) -> Stamp:
    day, sequence, row = document["stamp"]
    named = (_name_of(entry) for entry in journal)
    offices = [name.deanery for name in named if (str(name.date), name.sequence) == (day, sequence)]
    return Stamp(date.fromisoformat(day), max(offices, default=_LAST), sequence, row)


def _name_of(entry: Json) -> FileName:
    return FileName.parse(entry["correlation_id"].rpartition(":")[0])


def journal_entries(_: OldDocuments, documents: Sequence[Json]) -> Iterator[Written]:
    """Yield the journal; a refused value is not kept."""
    for document in documents:
        kept = {**document, "new": None} if document["state"] == "REFUSED" else document
        yield JOURNAL, msgspec.convert(kept, JournalEntry)
