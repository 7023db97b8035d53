"""``tis-esr parked retry``: requeues one message, or begins a batch of several; with --dry-run neither."""

from contextlib import closing
from functools import partial
from pathlib import Path

from tis_esr import wall_clock
from tis_esr.commands.parked_desk.listing import chosen
from tis_esr.commands.person import person_of
from tis_esr.commands.terminal import print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.batches.advancing import advance
from tis_esr.operations.batches.errors import EmptyBatchError
from tis_esr.operations.batches.freezing import parked_moments, refuse_changed
from tis_esr.operations.batches.starting import start
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.parked.listing import Choice, ParkedMessage
from tis_esr.operations.parked.retry_plan import RetryReport, planned, retryable
from tis_esr.operations.parked.retrying import retry as requeue
from tis_esr.settings import Settings


async def retry(
    settings: Settings,
    choice: Choice,
    state: Path | None,
    *,
    why: str,
    expect: str,
    cap: int,
    dry_run: bool,
    as_json: bool,
) -> Exit:
    """Retry what is chosen: one message at once, several as a batch; or say what that would do."""
    if choice.is_everything:
        raise UsageError("ID", "name messages by their ids, or give --cause, --file, --deanery or --reason")
    if not dry_run and not why:
        raise UsageError("--why", "say why they are retried; it is recorded in the audit")
    with closing(reader_of(settings, state)) as reader:
        found = chosen(reader, choice)
        messages = retryable(found)
        left = len(found) - len(messages)
        if expect:
            refuse_changed(messages, parked_moments(messages), expect)
        if not messages and not dry_run:
            raise EmptyBatchError(left)
        report = planned(reader, messages, left, wall_clock.today(), wall_clock.now().timestamp())
    if not dry_run:
        report = await _act(settings, choice, state, messages, report, why=why, cap=cap)
    if as_json:
        print_json(report)
    else:
        _show(report, dry_run=dry_run)
    return Exit.DONE if not left else Exit.DONE_WITH_PARKED


async def _act(
    settings: Settings,
    choice: Choice,
    state: Path | None,
    messages: list[ParkedMessage],
    report: RetryReport,
    *,
    why: str,
    cap: int,
) -> RetryReport:
    person = person_of(settings)
    async with engine_for_operation(settings, state) as runner:
        if len(messages) == 1:
            step = partial(requeue, runner, person, messages, why)
            return report.acted(requeued=await runner.patiently("the retry", step))
        begin = partial(start, runner, person, messages, choice=choice.text, why=why, cap=cap)
        batch = await runner.patiently("the batch", begin)
        await runner.patiently("the batch", lambda: advance(runner.work(), batch.id))
        return report.acted(batch=batch.id)


def _show(report: RetryReport, *, dry_run: bool) -> None:
    number = report.messages
    say(f"{counted(number, 'message')} to retry: {_counts(report.by_cause)}")
    checked = f" (of the first {report.checked})" if report.checked < number else ""
    say(f"What a retry would do{checked}: {_counts(report.by_outlook)}")
    if report.unreadable:
        say(f"{report.unreadable} more can only be discarded: no service handles an unreadable row.")
    if dry_run:
        say(f"Nothing was changed. To retry exactly these: --expect {report.token}")
    elif report.batch:
        say(
            f"Batch {report.batch} has begun with its first message as the tracer; ten follow, then the rest."
        )
        say("It goes on while tis-esr run runs, and with the next tis-esr day.")
        say(f"Its verdicts: tis-esr batch show {report.batch}")
    else:
        say(f"{report.requeued} requeued")


def _counts(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in numbers.items())
