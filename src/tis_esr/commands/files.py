"""``tis-esr files``: the ledger of inbound files, one file of it, and settling what was found."""

from functools import partial
from pathlib import Path

import msgspec

from tis_esr.commands.outcome import Exit, UsageError
from tis_esr.commands.printing import counted
from tis_esr.commands.system import at_the_desk, reader_of
from tis_esr.commands.terminal import NOTICE, print_json, say
from tis_esr.desk.ledger import Ledger, LedgerEntry, ledger
from tis_esr.desk.states import words
from tis_esr.engine.runner import Runner
from tis_esr.services.file_ledger import FILES
from tis_esr.settings import Settings

_SHOWN = 60


def files(settings: Settings, name: str | None, state: Path | None, *, as_json: bool) -> Exit:
    """Print all files, those to look at first, or all that is known of one; DONE_WITH_PARKED where any finding is open.

    Raises UsageError for a file that the ledger doesn't have.
    """
    reader = reader_of(settings, state)
    try:
        found = ledger(reader, name)
    finally:
        reader.close()
    if name is not None and not found.files:
        raise UsageError("NAME", f"{name}: there is no such file in the ledger; tis-esr files lists them")
    if as_json:
        print_json(found)
    elif name is None:
        _list(found)
    else:
        _show(found)
    return Exit.DONE_WITH_PARKED if found.open_findings else Exit.DONE


async def settle(settings: Settings, name: str, why: str, state: Path | None, *, as_json: bool) -> Exit:
    """Note that the findings of a file have been dealt with, and how: they set no exit code any more."""
    if not why.strip():
        raise UsageError("--settle", "say how it was dealt with")
    async with at_the_desk(settings, state) as runner:
        number = await runner.patiently("settling", partial(_settle, runner, name, why.strip()))
    if not number:
        raise UsageError("NAME", f"{name}: the ledger has no open finding on it; tis-esr files lists them")
    if as_json:
        print_json({"name": name, "settled": why.strip(), "files": number})
    else:
        say(f"{name}: settled: {why.strip()}")
    return Exit.DONE


async def _settle(runner: Runner, name: str, why: str) -> int:
    work = runner.work()
    key = name.partition("#")[0]
    first = (await work.get(FILES, [key])).get(key)
    named = await work.find(FILES, {"deanery": first.deanery, "counter": first.counter}) if first else []
    found = [file for file in named if name in {file.name, file.key} and file.open_findings]
    for file in found:
        work.put(FILES, msgspec.structs.replace(file, settled=why))
    await work.commit()
    return len(found)


def _list(found: Ledger) -> None:
    if not found.files:
        say("No file has arrived yet.")
        return
    first = sorted(found.files, key=lambda file: not _is_open(file))
    for file in first[:_SHOWN]:
        _line(file)
    if len(first) > _SHOWN:
        say(f"and {len(first) - _SHOWN} more: see --json")
    _missing(found)
    say(f"Files: {len(found.files)}; to look at: {found.open_findings}")


def _line(file: LedgerEntry) -> None:
    state = words(file.state) + (", incomplete" if file.incomplete else "")
    copy = f" (copy {file.copy})" if file.copy else ""
    say(f"{file.name}{copy}  {state}  {file.rows:,} rows")
    for finding in file.findings:
        say(f"{finding}{_dealt_with(file)}", indent=4)


def _show(found: Ledger) -> None:
    for file in found.files:
        _line(file)
        say(f"{file.size:,} bytes, SHA-256 {file.sha256 or 'not read'}", indent=4)
        if any(file.row_states.values()):
            say(f"rows: {counted(file.row_states)}", indent=4)
        for note in file.notes:
            say(f"{note}", indent=4)
        if file.noted > len(file.notes):
            say(f"and {file.noted - len(file.notes)} more notes", indent=4)
    _missing(found)


def _missing(found: Ledger) -> None:
    for gap in found.gaps:
        say(gap.text, label="Missing:", style=NOTICE)


def _is_open(file: LedgerEntry) -> bool:
    return bool(file.findings) and not file.settled


def _dealt_with(file: LedgerEntry) -> str:
    return f" (settled: {file.settled})" if file.settled else ""
