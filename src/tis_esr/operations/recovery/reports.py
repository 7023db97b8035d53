"""A recovery as it is shown: the outage, and each step done, next, waiting or later."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader
from tis_esr.files.file_store import FileStore
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.dates import iso
from tis_esr.operations.doctor.check import Check
from tis_esr.operations.outage import Outage
from tis_esr.operations.reconciling import comparable
from tis_esr.operations.recovery.stored import RECOVERIES, RecoveryDone, RecoveryStep, StoredRecovery
from tis_esr.operations.redriving import Unfinished, find_unfinished
from tis_esr.operations.region.reports import StepState
from tis_esr.records.file_names import DEANERIES
from tis_esr.settings import Settings


@dataclass(frozen=True)
class Place:
    """Where a recovery works: the settings, the state file and the TCS of a manual run, both file stores.

    ``copies`` are of files that were sent since a backup, where the outbound store no longer has them.
    """

    settings: Settings
    state: Path | None
    tcs_url: str
    inbound: FileStore
    out: FileStore
    copies: FileStore | None = None

    @property
    def has_services(self) -> bool:
        """Return whether running services do the work."""
        return self.settings.engine == "production" and self.state is None


class RecoveryStepReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step: ``at`` is when it was done, "" if it is not; ``text`` what was done, would be done, or is waited for.

    ``needs_somebody`` says that it is done, and left something to a person.
    """

    step: RecoveryStep
    state: StepState
    at: str = ""
    text: str
    needs_somebody: bool = False


class RecoveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """A recovery, and the outage that it is from; in a ``dry_run`` nothing is done.

    ``unfinished`` are the files that the next redrive takes, also those that the ledger does not have. ``day`` is today:
    what is left is done as of it, although the recovery began on ``begun``.
    """

    outage: Outage
    unfinished: list[str]
    day: date
    begun: date
    dry_run: bool = False
    steps: list[RecoveryStepReport]

    @property
    def current(self) -> RecoveryStepReport | None:
        """Return the first step that is not done; None if all are."""
        return next((step for step in self.steps if step.state is not StepState.DONE), None)


async def recovery_report(
    reader: Reader,
    place: Place,
    found: Outage,
    stored: StoredRecovery,
    checks: list[Check],
    *,
    today: date,
    dry_run: bool = False,
) -> RecoveryReport:
    """Return how far a recovery is, and what its next steps would do. Raises OSError."""
    unfinished = await find_unfinished(reader, place.inbound)
    positions = comparable(reader, DEANERIES)
    ahead = {
        RecoveryStep.DOCTOR: "check the installation (tis-esr doctor)",
        RecoveryStep.REDRIVE: _redrive(unfinished),
        RecoveryStep.RECONCILE: f"compare {counted(positions, 'position')} with TIS, and apply the daily rules",
        RecoveryStep.SENT_SINCE: "take over files that were sent and that the store does not know, as after a restore",
        RecoveryStep.STATUSES: "compare the statuses that TIS lists, and repair them",
        RecoveryStep.EXPORTS: exports_in_words(found, today, stored.day),
        RecoveryStep.FULL_FILES: _full(stored),
    }
    steps: list[RecoveryStepReport] = []
    for step in RecoveryStep:
        if (done := stored.done.get(step)) is not None:
            steps.append(_done(step, done))
        elif step is RecoveryStep.DOCTOR and (faults := faults_of(checks)):
            steps.append(
                RecoveryStepReport(step=step, state=StepState.WAITING, text=f"{ahead[step]}: {faults}")
            )
        else:
            is_next = all(other.state is StepState.DONE for other in steps)
            state = StepState.NEXT if is_next else StepState.LATER
            steps.append(RecoveryStepReport(step=step, state=state, text=ahead[step]))
    names = [file.name for file in unfinished.files]
    return RecoveryReport(
        outage=found, unfinished=names, day=today, begun=stored.day, dry_run=dry_run, steps=steps
    )


def _done(step: RecoveryStep, done: RecoveryDone) -> RecoveryStepReport:
    return RecoveryStepReport(
        step=step,
        state=StepState.DONE,
        at=iso(done.at),
        text=done.text,
        needs_somebody=done.needs_somebody,
    )


def stored_recovery(reader: Reader, found: Outage, day: date, full: list[str]) -> StoredRecovery:
    """Return a recovery as stored, or a new one that begins on ``day``.

    A DNF that is asked for now is added; after the last step that step is open again.
    """
    known = next(iter(reader.get(RECOVERIES, [found.key])), None) or StoredRecovery(key=found.key, day=day)
    added = not set(full) <= set(known.full)
    done = {step: one for step, one in known.done.items() if not (added and step is RecoveryStep.FULL_FILES)}
    return msgspec.structs.replace(known, full=sorted({*known.full, *full}), done=done)


def faults_of(checks: list[Check]) -> str:
    """Return the checks that found something, with the first finding of each; "" if none did."""
    return "; ".join(
        f"{check.name}: {next(f.problem for f in check.findings if not f.is_note)}"
        for check in checks
        if not check.ok
    )


def exports_in_words(found: Outage, today: date, begun: date) -> str:
    """Return which missed exports are caught up, as of today: also where the recovery began on another day."""
    missed = {kind: found.missed(kind) for kind in ("APP", "DNC")}
    if not any(missed.values()):
        return "no export was missed"
    parts = [f"{kind} of {', '.join(names)}" for kind, names in missed.items() if names]
    since = f" (the recovery began on {in_words(begun)})" if begun != today else ""
    return f"export what was missed, as of {in_words(today)}{since}: {'; '.join(parts)}"


def _redrive(unfinished: Unfinished) -> str:
    return (
        f"drive again {counted(len(unfinished.files), 'file that is', 'files that are')} not split, and requeue"
        f" {counted(unfinished.parked, 'parked message')} of ESR's files"
    )


def _full(stored: StoredRecovery) -> str:
    if not stored.full:
        return "no DNF is asked for: what changed goes in the next DNC"
    return f"create the DNF of {', '.join(stored.full)}"
