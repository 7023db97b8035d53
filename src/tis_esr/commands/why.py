"""``tis-esr why``: one plain sentence, the timeline, and who must act."""

import sys
from datetime import date
from pathlib import Path

import msgspec
from rich.table import Table

from tis_esr.commands.outcome import Exit, console
from tis_esr.commands.system import reader_of
from tis_esr.desk.why import Explanation, explain
from tis_esr.settings import Settings

_EVENTS_SHOWN = 60


def why(settings: Settings, word: str, state: Path | None, today: date, *, as_json: bool) -> Exit:
    """Print the explanation; DONE_WITH_PARKED where the word is not known."""
    reader = reader_of(settings, state)
    try:
        explanation = explain(reader, word, today)
    finally:
        reader.close()
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(explanation), indent=2).decode() + "\n")
    else:
        _show(explanation)
    return Exit.DONE if explanation.timeline else Exit.DONE_WITH_PARKED


def _show(explanation: Explanation) -> None:
    for answer in explanation.answers:
        console.print(f"{answer.about} {answer.sentence}.", highlight=False, soft_wrap=True)
        console.print(f"  Who must act: [bold]{answer.who.value}[/]", highlight=False)
    if not explanation.timeline:
        return
    table = Table(title="Timeline", title_justify="left")
    table.add_column("correlation id (file:row)", no_wrap=True)
    table.add_column("what happened")
    for event in explanation.timeline[:_EVENTS_SHOWN]:
        table.add_row(event.correlation_id, event.what)
    console.print(table)
    if len(explanation.timeline) > _EVENTS_SHOWN:
        console.print(f"and {len(explanation.timeline) - _EVENTS_SHOWN} more: see --json")
