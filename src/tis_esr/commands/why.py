"""``tis-esr why``: prints the answers, who must act and how, and the timeline."""

from datetime import date
from pathlib import Path

from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import reader_of, tcs_for_operation, window
from tis_esr.operations.dates import readable
from tis_esr.operations.why.answers import Explanation, Who
from tis_esr.operations.why.explain import explain
from tis_esr.operations.why.word import BadWordError
from tis_esr.settings import Settings

_EVENTS_SHOWN = 60


async def why(
    settings: Settings, word: str, state: Path | None, tcs_url: str | None, today: date, *, as_json: bool
) -> Exit:
    """Print the explanation; DONE_WITH_PARKED if neither ESR nor TIS is known to have the word."""
    reader = reader_of(settings, state)
    try:
        async with tcs_for_operation(settings, tcs_url) as tcs:
            explanation = await explain(
                reader, word, today, window=window(settings), tcs=tcs, due_days=settings.confirmation_due_days
            )
    except BadWordError as error:
        raise UsageError("WORD", f"{error.reason}; {error.advice}") from error
    finally:
        reader.close()
    if as_json:
        print_json(explanation)
    else:
        _show(explanation)
    return Exit.DONE if explanation.known else Exit.DONE_WITH_PARKED


def _show(explanation: Explanation) -> None:
    for answer in explanation.answers:
        say(f"{answer.sentence}.", label=f"{answer.about}:", style=HEADING)
        acts = "" if answer.who is Who.NOBODY or not answer.action else f": {answer.action}"
        style = HEADING if answer.who is Who.NOBODY else NOTICE
        say(f"{answer.who.value}{acts}", label="Who must act:", style=style, indent=2)
    if explanation.tis and explanation.known:
        say(f"TIS was not asked: {explanation.tis}.")
    if not explanation.timeline:
        return
    say("Timeline", style=HEADING)
    for event in explanation.timeline[:_EVENTS_SHOWN]:
        say(f"{readable(event.at) or '(no date)'}  {event.correlation_id}  {event.what}", indent=2)
    if len(explanation.timeline) > _EVENTS_SHOWN:
        say(f"and {len(explanation.timeline) - _EVENTS_SHOWN} more: see --json", indent=2)
