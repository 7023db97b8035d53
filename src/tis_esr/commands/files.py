"""``tis-esr files``: the ledger of inbound files, one file of it, and settling what was found."""

import sys
from functools import partial
from pathlib import Path

import msgspec

from tis_esr.commands.outcome import Exit, UsageError, console
from tis_esr.commands.system import at_the_desk, reader_of
from tis_esr.desk.ledger import Ledger, LedgerEntry, ledger
from tis_esr.engine.runner import Runner
from tis_esr.services.file_ledger import FILES, enter
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
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    elif name is None:
        _list(found)
    else:
        _show(found)
    return Exit.DONE_WITH_PARKED if found.open_findings else Exit.DONE


async def settle(settings: Settings, name: str, why: str, state: Path | None) -> Exit:
    """Note that the findings of a file have been dealt with, and how: they set no exit code any more."""
    if not why.strip():
        raise UsageError("--settle", "say how it was dealt with")
    async with at_the_desk(settings, state) as runner:
        number = await runner.patiently("settling", partial(_settle, runner, name, why.strip()))
    if not number:
        raise UsageError("NAME", f"{name}: the ledger has no open finding on it; tis-esr files lists them")
    _say(f"{name}: settled: {why.strip()}")
    return Exit.DONE


async def _settle(runner: Runner, name: str, why: str) -> int:
    work = runner.work()
    key = name.partition("#")[0]
    first = (await work.get(FILES, [key])).get(key)
    named = await work.find(FILES, {"deanery": first.deanery, "counter": first.counter}) if first else []
    found = [file for file in named if name in {file.name, file.key} and file.open_findings]
    for file in found:
        enter(work, msgspec.structs.replace(file, settled=why))
    await work.commit()
    return len(found)


def _list(found: Ledger) -> None:
    if not found.files:
        _say("No file has arrived yet.")
        return
    first = sorted(found.files, key=lambda file: not _is_open(file))
    for file in first[:_SHOWN]:
        _line(file)
    if len(first) > _SHOWN:
        _say(f"and {len(first) - _SHOWN} more: see --json")
    for gap in found.gaps:
        _say(f"Missing: {gap.text}")
    _say(f"Files: {len(found.files)}; to look at: {found.open_findings}")


def _line(file: LedgerEntry) -> None:
    state = f"{file.state}, incomplete" if file.incomplete else file.state
    copy = f" (copy {file.copy})" if file.copy else ""
    _say(f"{file.name}{copy}  {state.replace('_', ' ')}  {file.rows:,} rows")
    for finding in file.findings:
        _say(f"    {finding}{_dealt_with(file)}")


def _show(found: Ledger) -> None:
    for file in found.files:
        _line(file)
        _say(f"    {file.size:,} bytes, SHA-256 {file.sha256 or 'not read'}")
        if file.row_states:
            rows = ", ".join(f"{number:,} {state}" for state, number in sorted(file.row_states.items()))
            _say(f"    rows: {rows}")
        for note in file.notes:
            _say(f"    {note}")
        if file.noted > len(file.notes):
            _say(f"    and {file.noted - len(file.notes)} more notes")
    for gap in found.gaps:
        _say(f"Missing: {gap.text}")


def _is_open(file: LedgerEntry) -> bool:
    return bool(file.findings) and not file.settled


def _dealt_with(file: LedgerEntry) -> str:
    return f" (settled: {file.settled})" if file.settled else ""


def _say(text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True, markup=False)
