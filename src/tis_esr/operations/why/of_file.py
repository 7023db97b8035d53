"""The outcome of a file, from ESR or to ESR, and who must act on what is open; whether it is safe to process it again."""

from collections.abc import Iterator
from datetime import date, timedelta

from tis_esr.counted import counted
from tis_esr.decisions.arriving_files import INBOUND_TYPES
from tis_esr.decisions.rejected_by_esr import OF_ROWS, REJECTION_WHO
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import RowState
from tis_esr.operations.dates import day
from tis_esr.operations.kept import kept_from, too_old
from tis_esr.operations.ledger import row_states, to_do
from tis_esr.operations.states import words
from tis_esr.operations.unconfirmed import ANSWERED_BY, answer_name
from tis_esr.operations.why.again import again
from tis_esr.operations.why.answers import Answer
from tis_esr.operations.why.of_row import parked_action
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RESENT,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES
from tis_esr.services.inbound_data_reader.file_ledger import FILES, UNDER_WAY, FileState, InboundFile

_UNFINISHED = (OutboundState.ALLOCATING, OutboundState.ALLOCATED)
_ANSWERED = (RecordState.CONFIRMED, RecordState.REJECTED, RecordState.EXPORTED)


def of_file(state: Reader, name: str, path: str, today: date, due_days: int) -> tuple[bool, list[Answer]]:
    """Return whether a file is known here, and the answers about it; the last one is whether it may be processed again."""
    inbound = [file for file in state.get(FILES, [name]) if file.name == name]
    outbound = state.get(OUTBOUND_FILES, [name])
    answers = [answer for file in inbound for answer in _inbound(state, file)]
    answers += [answer for out in outbound for answer in _outbound(state, out, today, due_days)]
    is_known = bool(answers)
    if not is_known:
        answers.append(_unknown(state, name))
    if _is_inbound(name):
        answers.append(again(state, name, path, today))
    return is_known, answers


def _is_inbound(name: str) -> bool:
    try:
        return FileName.parse(name).type in INBOUND_TYPES
    except BadFileNameError:
        return True


def _unknown(state: Reader, name: str) -> Answer:
    if older := too_old(name, kept_from(state)):
        return Answer(about=name, sentence=f"is not known here any more: it is {older}", who=Who.NOBODY)
    if _is_inbound(name):
        action = (
            "check its name; if ESR sent it, look into the inbound store and ask ESR for it (tis-esr files)"
        )
        return Answer(about=name, sentence="has not arrived here", who=Who.SUPPORT, action=action)
    action = "check its name; tis-esr why with a placement says in which file it was sent"
    return Answer(about=name, sentence="was not created here", who=Who.ASKER, action=action)


def _inbound(state: Reader, file: InboundFile) -> Iterator[Answer]:
    counts = row_states(file, state.row_counts([file.name]).get(file.name, {}))
    rows = ", ".join(f"{number:,} {words(code)}" for code, number in counts.items() if number) or "no rows"
    said = f"is {file.state.value.replace('_', ' ')}, with {counted(file.rows, 'row')} read ({rows})"
    if findings := file.open_findings:
        said += f"; {'; '.join(findings)}"
    who, action = (Who.SUPPORT, to_do(file)) if findings else (Who.NOBODY, "")
    if file.state is FileState.HELD:
        who = Who.SUPPORT
    yield Answer(about=f"File {file.name}", sentence=said, who=who, action=action)
    yield from _rows(file, counts)
    for rtc in state.get(RTC_FILES, [file.name]):
        if rtc.is_in_place:
            said = f"acknowledges it to ESR, with {counted(rtc.rows, 'row')}"
            yield Answer(about=rtc.name, sentence=said, who=Who.NOBODY)


def _rows(file: InboundFile, counts: dict[str, int]) -> Iterator[Answer]:
    about = f"Rows of {file.name}"
    if number := counts[RowState.PENDING.name]:
        said = f"{number:,} are not handled yet"
        action = "check that the services run and TCS responds (tis-esr doctor); they go on by themselves"
        yield Answer(about=about, sentence=said, who=Who.SUPPORT, action=action)
    elif file.state in UNDER_WAY:
        action = "check that the InboundDataReader runs (tis-esr doctor); it goes on by itself"
        yield Answer(about=about, sentence="are still being read", who=Who.SUPPORT, action=action)
    if number := counts[RowState.PARKED.name]:
        action = parked_action(file.name)
        yield Answer(about=about, sentence=f"{number:,} are parked", who=Who.SUPPORT, action=action)
    if number := counts[RowState.UNMATCHED.name]:
        is_answer = file.type in ANSWERED_BY.values()
        said = f"{number:,} match " + (
            "no record that was sent to ESR" if is_answer else "no post or person in TIS"
        )
        who = Who.SUPPORT if is_answer else Who.TRUST
        action = (
            "ask ESR what they are about"
            if is_answer
            else "compare post numbers in ESR with TIS (tis-esr report positions)"
        )
        yield Answer(about=about, sentence=said, who=who, action=action)


def _outbound(state: Reader, file: OutboundFile, today: date, due_days: int) -> Iterator[Answer]:
    said = f"({file.type} of {file.deanery} for {day(file.day)}) "
    who, action = Who.NOBODY, ""
    if file.state is OutboundState.NOTHING_TO_SEND:
        said += "had nothing to send; its number is used again by no other file"
    elif file.state in _UNFINISHED:
        said += f"is not written yet; {counted(file.rows, 'row is', 'rows are')} allocated to it"
        who, action = Who.SUPPORT, "find out why the export stopped (tis-esr doctor), then run it again"
    else:
        said += f"was written for ESR with {counted(file.rows, 'row')}"
    if file.lacks:
        said += f". When it was created, {file.lacks}; what came later goes with the next file"
    yield Answer(about=f"File {file.name}", sentence=said, who=who, action=action)
    if file.held_back:
        said = f"{file.held_back:,} were kept out of it, because ESR would reject them or quarantine the file"
        yield Answer(about="Records", sentence=said, who=Who.LOCAL_OFFICE, action="see tis-esr lint")
    if file.rows and file.type in ANSWERED_BY and file.state not in _UNFINISHED:
        yield _confirmation(state, file, today, due_days)


def _confirmation(state: Reader, file: OutboundFile, today: date, due_days: int) -> Answer:
    counts = _counts(state, file)
    answer = answer_name(file.name)
    about = f"Confirmation {answer}"
    said = ", ".join(f"{number:,} {words(code)}" for code, number in counts.items() if number)
    if any(found.name == answer for found in state.get(FILES, [answer])):
        who, action = Who.NOBODY, ""
        if counts[RecordState.REJECTED]:
            who, action = REJECTION_WHO, OF_ROWS
        return Answer(about=about, sentence=f"has arrived. Records by state: {said}", who=who, action=action)
    if file.settled:
        return Answer(about=about, sentence=f"has not arrived; settled: {file.settled}", who=Who.NOBODY)
    due = file.day + timedelta(days=due_days)
    if today <= due:
        return Answer(about=about, sentence=f"is expected by {day(due)}", who=Who.NOBODY)
    action = (
        "ask ESR whether it received the file or quarantined it (tis-esr files names the likeliest cause)"
    )
    said = f"is overdue since {day(due)}; without it nobody knows whether ESR loaded the file"
    return Answer(about=about, sentence=said, who=Who.SUPPORT, action=action)


def _counts(state: Reader, file: OutboundFile) -> dict[RecordState, int]:
    collection = APPLICANTS if file.type == "APP" else NOTIFICATIONS
    counts = {kind: state.count(collection, {"file": file.name, "state": kind.value}) for kind in _ANSWERED}
    if file.type == "APP":
        counts[RecordState.REJECTED] += state.count(RESENT, {"file": file.name})
    return counts
