"""``tis-esr files``: lists the ledger of inbound files, shows one file, and settles findings."""

from functools import partial
from pathlib import Path

from tis_esr import wall_clock
from tis_esr.commands.person import person_of
from tis_esr.commands.printing import by_state
from tis_esr.commands.terminal import NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.kept import too_old
from tis_esr.operations.ledger import Gap, Ledger, LedgerEntry, ledger
from tis_esr.operations.settling import settle_findings
from tis_esr.operations.states import words
from tis_esr.operations.unconfirmed import Unconfirmed, working_day
from tis_esr.settings import Settings

_SHOWN = 60


def files(settings: Settings, name: str | None, state: Path | None, *, as_json: bool) -> Exit:
    """Print all files, those with open findings first, or one in full; DONE_WITH_PARKED if any finding is open.

    ``name`` may be that of missing files. Raises UsageError for a name that is not in the ledger.
    """
    reader = reader_of(settings, state)
    try:
        day = working_day(reader, wall_clock.today())
        found = ledger(reader, name, today=day, due_days=settings.confirmation_due_days)
    finally:
        reader.close()
    if name is not None and not (found.files or found.gaps or found.unconfirmed):
        unknown = "it is not in the ledger, and no missing file has this name; tis-esr files lists both"
        raise UsageError("NAME", f"{name}: {too_old(name, found.kept_from) or unknown}")
    if as_json:
        print_json(found)
    elif name is None:
        _list(found)
    else:
        _show(found)
    return Exit.DONE_WITH_PARKED if found.open_findings else Exit.DONE


async def settle(settings: Settings, name: str, why: str, state: Path | None, *, as_json: bool) -> Exit:
    """Record how the findings of a file, or missing files, were resolved: they no longer set the exit code."""
    if not why.strip():
        raise UsageError("--settle", "say how the finding was resolved")
    async with engine_for_operation(settings, state) as runner:
        settled = await runner.patiently(
            "settling", partial(settle_findings, runner, person_of(settings), name, why.strip())
        )
    if not settled:
        raise UsageError("NAME", f"{name}: it has no open finding; tis-esr files lists them")
    if as_json:
        print_json({"name": name, "settled": why.strip(), "findings": settled})
        return Exit.DONE
    say(f"{name}: settled: {why.strip()}")
    for finding in settled:
        say(finding, indent=4)
    return Exit.DONE


def _list(found: Ledger) -> None:
    if not found.files:
        say("No file has arrived yet.")
    if not (found.files or found.unconfirmed or found.incomplete_exports):
        return
    first = sorted(found.files, key=lambda file: not file.open_findings)
    for file in first[:_SHOWN]:
        _line(file)
    if len(first) > _SHOWN:
        say(f"and {len(first) - _SHOWN} more: see --json")
    _list_missing(found.gaps)
    _list_unconfirmed(found.unconfirmed)
    for export in found.incomplete_exports:
        say(
            f"{export.name} ({counted(export.rows, 'row')}) was created without: {export.lacks}",
            label="Incomplete:",
        )
    say(f"Files: {len(found.files)}; open findings: {found.open_findings}")
    if found.open_findings:
        say(
            "To settle a finding: tis-esr files NAME --settle TEXT; for a missing file NAME is the one in brackets"
        )


def _line(file: LedgerEntry) -> None:
    state = words(file.state) + (", incomplete" if file.incomplete else "")
    copy = f" (copy {file.copy})" if file.copy else ""
    say(f"{file.name}{copy}  {state}  {counted(file.rows, 'row')}")
    for finding in file.findings:
        settled = "" if finding in file.open_findings else f" (settled: {file.settled})"
        say(f"{finding}{settled}", indent=4)
    if file.to_do:
        say(file.to_do, label="What to do:", indent=4)


def _show(found: Ledger) -> None:
    for file in found.files:
        _line(file)
        say(f"{file.size:,} bytes, SHA-256 {file.sha256 or 'not read'}", indent=4)
        if any(file.row_states.values()):
            gone = "; details of the rows were purged (keep_rows_days)"
            say(f"rows: {by_state(file.row_states)}{gone if file.rows_gone else ''}", indent=4)
        if file.rtc:
            say(f"acknowledged to ESR in {file.rtc}", indent=4)
        for note in file.notes:
            say(f"{note}", indent=4)
        if file.noted > len(file.notes):
            say(f"and {counted(file.noted - len(file.notes), 'more warning')}", indent=4)
    _list_missing(found.gaps)
    _list_unconfirmed(found.unconfirmed)


def _list_missing(missing: list[Gap]) -> None:
    for gap in missing:
        settled = f"; settled: {gap.settled}" if gap.settled else ""
        say(f"{gap.text} ({gap.name}{settled})", label="Missing:", style=NOTICE)


def _list_unconfirmed(files: list[Unconfirmed]) -> None:
    for file in files:
        settled = f" (settled: {file.settled})" if file.settled else ""
        say(f"{file.text}{settled}", label="Unconfirmed:", style=NOTICE)
        for cause in file.suspected[1:]:
            say(f"also suspected: {cause}", indent=4)
        if file.to_do:
            say(file.to_do, label="What to do:", indent=4)
