"""``tis-esr audit``: lists the acts of people, and verifies that no entry was changed."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from tis_esr.commands.terminal import BAD, GOOD, HEADING, print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit
from tis_esr.operations.audit.trail import AuditEntry, Verdict, entries, verify
from tis_esr.operations.composition import reader_of
from tis_esr.operations.dates import iso, readable
from tis_esr.settings import Settings

_IDS = 3


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """The newest entries, newest first, and with ``--verify`` whether all kept entries are one chain."""

    entries: list[AuditEntry]
    verdict: Verdict | None = None


def audit(settings: Settings, state: Path | None, *, last: int, act: str, check: bool, as_json: bool) -> Exit:
    """Print the newest entries, or with ``check`` whether the chain is whole; DONE_WITH_PARKED if it is broken."""
    with closing(reader_of(settings, state)) as reader:
        found = entries(reader, last=last, act=act)
        verdict = verify(reader) if check else None
    if as_json:
        print_json(AuditReport(entries=found, verdict=verdict))
    elif verdict is None:
        _list(found, act)
    else:
        _judge(verdict)
    return Exit.DONE_WITH_PARKED if verdict and verdict.broken_at else Exit.DONE


def _list(found: Sequence[AuditEntry], act: str) -> None:
    if not found:
        say(f"No entry of the audit has the act {act}." if act else "The audit has no entry yet.")
    for entry in found:
        at = readable(iso(entry.at.timestamp()))
        say(f"{entry.number}  {at}  {entry.act}  {entry.who} ({entry.via})", style=HEADING)
        more = f" and {len(entry.on) - _IDS} more" if len(entry.on) > _IDS else ""
        if entry.on:
            say(", ".join(entry.on[:_IDS]) + more, label="On:", indent=2)
        if entry.why:
            say(entry.why, label="Why:", indent=2)
        say(entry.result, label="Result:", indent=2)


def _judge(verdict: Verdict) -> None:
    if verdict.broken_at:
        say(
            f"the chain is broken at entry {verdict.broken_at}: {verdict.reason}. {counted(verdict.entries, 'entry before it is', 'entries before it are')}"
            " unchanged. Compare the hashes with the log of tis-esr run (event audited)",
            label="BROKEN:",
            style=BAD,
        )
    else:
        say(f"the chain of entries is unbroken ({verdict.entries} checked).", label="OK:", style=GOOD)
        if verdict.last:
            say(f"number {verdict.last}, hash {verdict.hash}", label="Newest entry:", indent=2)
