"""``tis-esr person export|erase``: subject requests."""

import json
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

import msgspec

from tis_esr.commands.command_line import check_state
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.counted import counted, plural
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.person.erasing import Erasure
from tis_esr.operations.person.kept import KeptReason
from tis_esr.operations.person.messages import MOST_WAITING
from tis_esr.operations.person.requests import checked, erase_person, export_person, new_request
from tis_esr.private_files import open_private
from tis_esr.settings import Settings

_SHOWN = 40


async def export(settings: Settings, gmc: str, why: str, out: Path, state: Path | None, day: date) -> Exit:
    """Write everything stored about a person to a new file that only its owner can read."""
    number, reason = checked(gmc, why)
    check_state(settings, state)
    try:
        file = open_private(out, "xb")
    except OSError as error:
        said = (
            "it exists; name a new file"
            if isinstance(error, FileExistsError)
            else error.strerror or f"{error}"
        )
        raise UsageError("--out", f"{out}: {said}") from error
    request = new_request()
    try:
        with file, closing(reader_of(settings, state)) as reader:
            async with engine_for_operation(settings, state, day) as runner:
                act = partial(export_person, runner, reader, person_of(settings), number, reason, request)
                found = await runner.patiently("export", act)
            text = json.dumps(msgspec.to_builtins(found), indent=2, ensure_ascii=False)
            file.write(text.encode() + b"\n")
    except BaseException:
        _remove(out)
        raise
    total = sum(map(len, found.collections.values()))
    say(
        f"{counted(total, 'document')} of {counted(len(found.collections), 'collection')} written to {out}; request {request}"
    )
    if not found.known:
        say("Nothing is stored about a person with this GMC number.", style=NOTICE)
    return Exit.DONE if found.known else Exit.DONE_WITH_PARKED


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def erase(
    settings: Settings, gmc: str, why: str, state: Path | None, day: date, *, dry_run: bool, as_json: bool
) -> Exit:
    """Erase what may be erased; DONE_WITH_PARKED if something is kept, or nothing is known."""
    number, reason = checked(gmc, why)
    check_state(settings, state)
    request = new_request()
    with closing(reader_of(settings, state)) as reader:
        async with engine_for_operation(settings, state, day) as runner:
            act = partial(
                erase_person, runner, reader, person_of(settings), number, reason, request, dry_run=dry_run
            )
            done = await runner.patiently("erase", act)
    if as_json:
        print_json(done)
    else:
        _show(done)
    return Exit.DONE if done.known and done.is_complete else Exit.DONE_WITH_PARKED


def _show(done: Erasure) -> None:
    if not done.known:
        say("Nothing is stored about a person with this GMC number.", style=NOTICE)
    for name, number in sorted(done.erased.items()):
        say(f"{number:,} {'would be' if done.dry_run else 'were'} erased", label=f"{name}:", style=HEADING)
    if done.waiting:
        say(_waiting(done.waiting), style=NOTICE)
    kept = [one for one in done.kept if one.reason is not KeptReason.WAITING_MESSAGE]
    if kept:
        say(f"{len(kept):,}, and why", label="Kept:", style=NOTICE)
    for one in kept[:_SHOWN]:
        say(f"{one.collection} {one.key}: {one.text}", indent=2)
    if len(kept) > _SHOWN:
        say(f"and {len(kept) - _SHOWN:,} more: see --json", indent=2)
    say(done.request, label="Request:", style=HEADING)


def _waiting(number: int) -> str:
    more = "" if number < MOST_WAITING else " or more"
    waits = plural(number, "message about the person waits", "messages about the person wait")
    return f"{number:,}{more} {waits}; erase again once {plural(number, 'it is', 'they are')} handled."
