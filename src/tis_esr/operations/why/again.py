"""Whether it is safe to process a file again: what is known under its name and content, and what would happen.

The judgement is that of the service which admits files, so that the answer and the act can't differ.
"""

from datetime import date
from pathlib import Path

from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.errors import UsageError
from tis_esr.operations.kept import kept_from
from tis_esr.operations.why.answers import Answer
from tis_esr.services.inbound_data_reader.file_admission import (
    Copy,
    Taken,
    admitted,
    copy_of,
    judged_by_name,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES, UNDER_WAY, FileState, InboundFile

_BEHIND = (
    "a row that is read again changes nothing in TIS, and nothing is sent to ESR twice: newer facts are kept, the same"
    " facts are dropped as duplicates"
)


def again(state: Reader, name: str, path: str, today: date) -> Answer:
    """Return what would happen if the file was processed (again); with a ``path``, for the content that is there.

    Raises UsageError if that file can't be read.
    """
    known = next(iter(state.get(FILES, [name])), None)
    said = judged_by_name(name, known, "", 0.0, today, kept_from(state))
    if said is None and path:
        said = _admitted(state, name, known, _read(path, known))
        return _answer(name, _of_content(said, known))
    return _answer(name, _of_name(said, known))


def _answer(name: str, said: tuple[str, str]) -> Answer:
    verdict, why = said
    who = Who.NOBODY if verdict.startswith("safe") else Who.ASKER
    action = "" if who is Who.NOBODY else "wait until the file is split, then ask again"
    return Answer(about=f"Processing {name} again", sentence=f"is {verdict}: {why}", who=who, action=action)


def _read(path: str, known: InboundFile | None) -> Copy:
    try:
        with Path(path).open("rb") as stream:
            return copy_of(stream, known.beginning[0] if known else 0)
    except OSError as error:
        raise UsageError(
            "WORD", f"{path}: {error.strerror or error}; name a file that can be read"
        ) from error


def _admitted(state: Reader, name: str, known: InboundFile | None, copy: Copy) -> Taken:
    other = next(iter(state.get(FILES, [f"{name}#{copy.name}"])), None)
    _, taken = admitted(name, copy, known, other)
    return taken


def _of_content(taken: Taken, known: InboundFile | None) -> tuple[str, str]:
    """Return the verdict on a content that was read."""
    file = taken.file
    if file.state is FileState.OTHER_CONTENT:
        return "safe", f"it would be refused, none of its rows applied: {file.reason}"
    if file.state is FileState.REFUSED:
        return "safe", f"it would be refused, none of its rows applied: {file.reason}"
    if not taken.fresh:
        return "safe", f"this content is known under this name and would be ignored as a whole; {_BEHIND}"
    if known is not None and known.state in UNDER_WAY and known.sha256 == file.sha256:
        return "not needed", "it is being split now, and goes on by itself"
    if file.taken_before:
        return (
            "safe",
            f"it begins with all of the copy that was processed: only its rows after row {file.taken_before} would"
            f" be processed; {_BEHIND}",
        )
    return (
        "safe",
        f"its content is not known here: all its rows would be processed, for the first time; {_BEHIND}",
    )


def _of_name(taken: Taken | None, known: InboundFile | None) -> tuple[str, str]:
    """Return the verdict on a name, whatever the content."""
    if taken is not None and taken.said == "already processed":
        return "safe", "it was processed, and would be ignored as a whole: it is older than the ledger"
    if taken is not None:
        outcome = "held" if taken.file.state is FileState.HELD else "refused"
        return "safe", f"it would be {outcome}, none of its rows applied: {taken.file.reason or taken.said}"
    if known is None:
        return "safe", f"no file of this name is known here: all its rows would be processed; {_BEHIND}"
    if known.state in UNDER_WAY:
        return "not needed", "it is being split now, and goes on by itself"
    if known.state in {FileState.HELD, FileState.REFUSED} and not known.rows:
        return (
            "safe",
            f"none of its rows was applied; a correct copy under this name would be processed; {_BEHIND}",
        )
    content = f"the content of {known.size:,} bytes (SHA-256 {known.sha256[:12]}...)"
    return (
        "safe",
        f"{content} would be ignored as a whole; a longer copy that begins with all of it adds only its new rows; other"
        f" content under this name is refused; {_BEHIND}. To judge a copy that you have: tis-esr why PATH",
    )
