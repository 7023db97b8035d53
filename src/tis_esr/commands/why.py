"""``tis-esr why``: prints the answers, who must act and how, what has changed since, and the timeline."""

from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import HEADING, NOTICE, errors, print_json, say
from tis_esr.counted import counted
from tis_esr.decisions.who import Who
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.composition import engine_for_operation, reader_of, tcs_for_operation, window
from tis_esr.operations.dates import readable
from tis_esr.operations.why.answers import Change, Explanation
from tis_esr.operations.why.explain import explain
from tis_esr.operations.why.showing import audit_shown
from tis_esr.operations.why.word import BadWordError
from tis_esr.settings import Settings

_EVENTS_SHOWN = 60
_CHANGES_SHOWN = 40


async def why(
    settings: Settings,
    word: str,
    state: Path | None,
    tcs_url: str | None,
    today: date,
    show_values: str | None,
    *,
    as_json: bool,
) -> Exit:
    """Print the explanation; DONE_WITH_PARKED if neither ESR nor TIS is known to have the word.

    ``show_values`` is the reason for which personal values are shown, which is audited; None masks them.
    """
    if show_values is not None and not show_values.strip():
        raise UsageError("--show-values", "give the reason for which the values are looked at")
    explanation = await _explained(settings, word, state, tcs_url, today, shown=show_values is not None)
    if show_values is not None and explanation.records:
        person, act = person_of(settings), show_values.strip()
        async with engine_for_operation(settings, state) as runner:
            await runner.patiently("audit", partial(audit_shown, runner, person, explanation.records, act))
    if as_json:
        print_json(explanation)
    else:
        _show(explanation)
    if explanation.choices:
        return Exit.USAGE
    return Exit.DONE if explanation.known else Exit.DONE_WITH_PARKED


async def _explained(
    settings: Settings, word: str, state: Path | None, tcs_url: str | None, today: date, *, shown: bool
) -> Explanation:
    reader = reader_of(settings, state)
    try:
        async with tcs_for_operation(settings, tcs_url) as tcs:
            return await explain(
                reader,
                word,
                today,
                window=window(settings),
                tcs=tcs,
                due_days=settings.confirmation_due_days,
                show_values=shown,
            )
    except BadWordError as error:
        raise UsageError("WORD", f"{error.reason}; {error.advice}") from error
    finally:
        reader.close()


def _show(explanation: Explanation) -> None:
    _show_choices(explanation)
    for answer in explanation.answers:
        say(f"{answer.sentence}.", label=f"{answer.about}:", style=HEADING)
        acts = "" if answer.who is Who.NOBODY or not answer.action else f": {answer.action}"
        style = HEADING if answer.who is Who.NOBODY else NOTICE
        say(f"{answer.who.value}{acts}", label="Who must act:", style=style, indent=2)
    if explanation.tis and explanation.known:
        say(f"TIS was not asked: {explanation.tis}.")
    _show_changes(explanation.changes)
    if not explanation.timeline:
        return
    say("Timeline", style=HEADING)
    steps, told = explanation.steps, explanation.events
    lines = Counter((readable(event.at), event.correlation_id, event.what) for event in told)
    for (at, id_, what), times in list(lines.items())[:_EVENTS_SHOWN]:
        more = f" ({times} times)" if times > 1 else ""
        say(f"{at or '(no date)'}  {id_}  {what}{more}", indent=2)
    if len(lines) > _EVENTS_SHOWN:
        say(f"and {len(lines) - _EVENTS_SHOWN} more: see --json", indent=2)
    if steps:
        handled = counted(
            len(steps), "message of these rows was handled", "messages of these rows were handled"
        )
        said = f"{handled}, the last at {readable(steps[-1].at)}"
        say(f"{said} (--json lists each)", indent=2)


def _show_choices(explanation: Explanation) -> None:
    if not explanation.choices:
        return
    errors.say(f"{explanation.word} has several meanings; say which one is meant:", style=NOTICE)
    for choice in explanation.choices:
        say(choice.what, label=f"tis-esr why {choice.word}", style=HEADING, indent=2)


def _show_changes(changes: list[Change]) -> None:
    if not changes:
        return
    say("Changed since it was sent", style=HEADING)
    for change in changes[:_CHANGES_SHOWN]:
        values = f"{change.old or '(blank)'} -> {change.new or '(blank)'}"
        told = change.notified or "ESR was not notified"
        where = f"{change.file}, row {change.row}"
        say(f"{readable(change.on)}  {change.record}  {change.column}: {values} ({where}); {told}", indent=2)
    if len(changes) > _CHANGES_SHOWN:
        say(f"and {len(changes) - _CHANGES_SHOWN} more: see --json", indent=2)
