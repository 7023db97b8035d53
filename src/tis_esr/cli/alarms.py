"""The command about alarms: what needs a person, who has it, and whether receivers work."""

import asyncio
from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from tis_esr.commands.command_line import JsonOption, StateOption, check_state, command
from tis_esr.commands.outcome import user_errors_reported
from tis_esr.errors import UsageError
from tis_esr.reading_settings import load


class Act(StrEnum):
    """What to do about alarms."""

    LIST = "list"
    SHOW = "show"
    OWN = "own"
    NOTE = "note"
    SILENCE = "silence"
    TEST = "test"


@command(
    "tis-esr alarms list",
    "tis-esr alarms show file-gap:RMT",
    "tis-esr alarms own file-gap:RMT",
    "tis-esr alarms note file-gap:RMT 'ESR sends it tomorrow, ticket 4711'",
    "tis-esr alarms silence file-gap:RMT 2026-12-01 --why 'ESR sends it on 30 Nov'",
    "tis-esr alarms test",
)
def alarms(
    act: Annotated[
        Act, typer.Argument(metavar="list|show|own|note|silence|test", help="What to do.")
    ] = Act.LIST,
    alarm: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="The alarm's id, or a part that only one active alarm has."),
    ] = None,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEXT]",
            help="own: the owner (default: you; nobody: none). note: the text. silence: until which day.",
        ),
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", metavar="TEXT", help="silence: the reason; it is audited.")
    ] = None,
    cleared: Annotated[bool, typer.Option("--cleared", help="list: also the last cleared alarms.")] = False,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List and show alarms, own, note or silence one, and test the receivers.

    tis-esr run judges alarms and sends them.
    """
    with user_errors_reported():
        from tis_esr.commands import alarms as run

        settings = load()
        check_state(settings, state)
        if act is Act.LIST:
            if alarm is not None:
                raise UsageError("ID", "list takes none; tis-esr alarms show ID shows one alarm")
            raise typer.Exit(int(run.list_(settings, state, cleared=cleared, as_json=as_json)))
        if act is Act.TEST:
            raise typer.Exit(int(asyncio.run(run.test(settings, state, as_json=as_json))))
        if alarm is None:
            raise UsageError("ID", f"name the alarm to {act.value}; tis-esr alarms list shows their ids")
        if act is Act.SHOW:
            raise typer.Exit(int(run.show(settings, alarm, state, as_json=as_json)))
        if act is Act.OWN:
            done = run.own(settings, alarm, text, state, as_json=as_json)
        elif act is Act.NOTE:
            done = run.note(settings, alarm, _given(text, "the text of the note"), state, as_json=as_json)
        else:
            until = _day(_given(text, "the day until which it is silent, such as 2026-12-01"))
            if not why:
                raise UsageError("--why", "say why the alarm is silenced")
            done = run.silence(settings, alarm, until, why, state, as_json=as_json)
        raise typer.Exit(int(asyncio.run(done)))


def _given(text: str | None, what: str) -> str:
    if not text or not text.strip():
        raise UsageError("TEXT", f"give {what}")
    return text.strip()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("TEXT", f"{text!r} is not a valid date; write it as 2026-12-01") from None
