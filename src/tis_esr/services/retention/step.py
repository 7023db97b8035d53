"""One unit of work of a purge: its counts, and the walk of a rule through a collection."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import msgspec

from tis_esr.decisions.retention_periods import Cutoffs
from tis_esr.engine.collection import Collection
from tis_esr.engine.protocol import Cursor, Engine
from tis_esr.engine.work import Work
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, Outbound, OutboundState
from tis_esr.services.retention.audit import PROGRESS, Progress

T = TypeVar("T", bound=msgspec.Struct)
DOCUMENTS_A_STEP = 200


@dataclass
class Step:
    """What one unit of work removes. ``after`` is where the rule's previous step ended."""

    engine: Engine
    work: Work
    cutoffs: Cutoffs
    after: Cursor | None
    is_dry_run: bool = False
    removed: Counter[str] = field(default_factory=Counter)

    def remove(self, collection: Collection[T], document: T) -> None:
        """Remove a document, and count it."""
        self.work.remove(collection, document)
        self.removed[collection.name] += 1


Rule = Callable[[Step], Awaitable[Cursor | None]]
"""Stages what its next step removes; returns where the following one begins, None if there is none."""


async def not_looked_at(step: Step, collection: Collection[T], before: date) -> list[tuple[Cursor, T]]:
    """Return the next documents last written before a day that no earlier purge has checked.

    For rules that change a document once: it is only checked again if it was written again.
    """
    done = (await step.work.get(PROGRESS, [collection.name])).get(collection.name)
    after = step.after or ((done.before.isoformat(), "") if done is not None else None)
    found = await step.work.written_before(collection, before, after, DOCUMENTS_A_STEP)
    if end_of(found) is None and (done is None or done.before < before):
        step.work.put(PROGRESS, Progress(collection=collection.name, before=before))
    return found


async def unsent_files(step: Step, records: Iterable[Outbound]) -> set[str]:
    """Return the files of records that are not sent yet, so that they must not change."""
    names = {record.file for record in records if record.file}
    files = (await step.work.get(OUTBOUND_FILES, sorted(names))).values()
    return {file.name for file in files if file.state is not OutboundState.SENT}


def end_of(found: list[tuple[Cursor, T]]) -> Cursor | None:
    """Return where the next step begins; None if a step found fewer than requested."""
    return found[-1][0] if len(found) == DOCUMENTS_A_STEP else None
