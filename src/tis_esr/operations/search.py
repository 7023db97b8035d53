"""What a search finds: exact ids, numbers and names of what this system has; nothing is guessed or completed."""

import re
from collections.abc import Iterator
from enum import StrEnum

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms.alarm import ALARMS
from tis_esr.operations.batches.documents import BATCHES
from tis_esr.operations.dates import period
from tis_esr.operations.parked.by_id import known_messages
from tis_esr.operations.why.of_alarm import alarms_of, kind_of
from tis_esr.operations.why.word import Kind, Word, read_word
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.data_exporter.outbound import APPLICANTS, OUTBOUND_FILES
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

MOST_HITS = 50
_MESSAGE_ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_ROW_IN_WORDS = re.compile(r"(\S+\.DAT)(?:\s*:\s*|\s+(?:row\s+)?)([0-9]{1,9})", re.IGNORECASE)


class HitKind(StrEnum):
    """What a hit is, in words."""

    FILE = "file"
    ROW = "row of a file"
    MESSAGES = "messages with this correlation id"
    MESSAGE = "message"
    ALARM = "alarm"
    ALARM_KIND = "kind of alarm"
    BATCH = "batch"
    PLACEMENT = "placement"
    POSITION = "position"
    POST = "post"
    PERSON = "person with this GMC number"


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was found: its ``id``, for a row of a file the file's, ``what`` it is, and whose ``offices`` (none: all).

    ``queue`` is that of a message that is or was parked.
    ``id`` of a person is a GMC number: personal data, which belongs in no address.
    """

    kind: HitKind
    id: str
    row: int = 0
    what: str = ""
    offices: list[str] = []
    queue: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found, and the kinds of thing that were ``tried``; ``is_personal`` says that what was typed may be a GMC number."""

    hits: list[Hit]
    tried: list[str]
    is_personal: bool = False


def search(reader: Reader, typed: str) -> Found:
    """Return everything that has exactly this id, number or name. Raises BadWordError for what can't be one."""
    text = _ROW_IN_WORDS.sub(r"\1:\2", typed.strip())
    if (word_of_alarm := _after_alarm(text)) is not None:
        return Found(
            hits=list(_meant_alarms(reader, word_of_alarm))[:MOST_HITS], tried=["alarm", "kind of alarm"]
        )
    named = [
        *_alarms(reader, text),
        *_batches(reader, text),
        *_messages(reader, text),
        *_message(reader, text),
    ]
    try:
        word = read_word(text)
    except ValueError:
        if named:
            return Found(hits=named, tried=[])
        raise
    if word.kind in {Kind.FILE, Kind.ROW}:
        return Found(hits=list(_file(reader, word)), tried=["file name", "file name and row"])
    tried = ["alarm", "batch", "correlation id", "message id"]
    if word.number is None:
        hits = [*named, *_posts(reader, word)]
        return Found(hits=hits[:MOST_HITS], tried=[*tried, "national post number"])
    hits = [
        *_placement(reader, word),
        *_position(reader, word),
        *_post_id(reader, word),
        *_person(reader, word),
        *named,
    ]
    tried = [
        *(["placement id"] if word.may_be(Kind.PLACEMENT) else []),
        *(["position id", "position number"] if word.may_be(Kind.POSITION) else []),
        *(["post id"] if word.kind is None else []),
        *(["GMC number"] if word.may_be_gmc else []),
        *tried,
    ]
    return Found(hits=hits[:MOST_HITS], tried=tried, is_personal=word.may_be_gmc)


def may_be_person(reader: Reader, word: Word) -> bool:
    """Return whether a word looks like a GMC number and is no known placement or position."""
    if not word.may_be_gmc or word.number is None:
        return False
    return not any((*_placement(reader, word), *_position(reader, word)))


def _after_alarm(text: str) -> str | None:
    """Return what follows ``alarm:``; None if the text does not begin so."""
    before, colon, rest = text.partition(":")
    return rest.strip() if colon and before.lower() == Kind.ALARM.value else None


def _meant_alarms(reader: Reader, text: str) -> Iterator[Hit]:
    """Yield what ``tis-esr why alarm:TEXT`` answers about: alarms by id, a part of it or kind; else the kind."""
    found = alarms_of(reader, text) if text else []
    yield from (Hit(kind=HitKind.ALARM, id=alarm.id, what=alarm.text) for alarm in found)
    if not found and (kind := kind_of(text)) is not None:
        yield Hit(kind=HitKind.ALARM_KIND, id=kind.id, what="not active")


def _alarms(reader: Reader, text: str) -> Iterator[Hit]:
    for alarm in reader.get(ALARMS, [text]) if len(text) <= 300 else ():
        yield Hit(kind=HitKind.ALARM, id=alarm.id, what=alarm.text)


def _batches(reader: Reader, text: str) -> Iterator[Hit]:
    for batch in reader.get(BATCHES, [text.removeprefix("batch:")]) if len(text) <= 60 else ():
        what = f"{counted(batch.total, 'message')}, {batch.state.value}"
        yield Hit(kind=HitKind.BATCH, id=batch.id, what=what, offices=batch.offices)


def _messages(reader: Reader, text: str) -> Iterator[Hit]:
    """Yield a correlation id that is not that of a row, which is found as the row."""
    if not text or len(text) > 200 or ".DAT:" in text.upper():
        return
    found = reader.messages_of([text])
    if found:
        offices = sorted({one.deanery for one in found if one.deanery})
        yield Hit(kind=HitKind.MESSAGES, id=text, what=counted(len(found), "message"), offices=offices)


def _message(reader: Reader, text: str) -> Iterator[Hit]:
    """Yield the messages with this id that are parked, were discarded, or were handled by a batch."""
    if _MESSAGE_ID.fullmatch(text):
        for one in known_messages(reader, text.lower()):
            offices = [office for office in one.offices if office]
            yield Hit(kind=HitKind.MESSAGE, id=one.id, what=one.what, offices=offices, queue=one.queue)


def _file(reader: Reader, word: Word) -> Iterator[Hit]:
    name = word.text.upper()
    known = [*reader.get(FILES, [name]), *reader.get(OUTBOUND_FILES, [name])]
    if known or any(one.name == name for one in reader.get(RTC_FILES, [name])):
        kind = HitKind.ROW if word.row else HitKind.FILE
        yield Hit(kind=kind, id=name, row=word.row, offices=[name.split("_")[1]])


def _placement(reader: Reader, word: Word) -> Iterator[Hit]:
    if not word.may_be(Kind.PLACEMENT):
        return
    where = {"placement_id": word.number}
    records, decisions = (
        reader.find(APPLICANTS, where, limit=MOST_HITS),
        reader.find(DECISIONS, where, limit=1),
    )
    if records or decisions:
        what = (
            f"{records[0].deanery_number}, {period(records[0].date_from, records[0].date_to)}"
            if records
            else ""
        )
        offices = sorted({record.deanery for record in records if record.deanery})
        yield Hit(kind=HitKind.PLACEMENT, id=word.text, what=what, offices=offices)


def _position(reader: Reader, word: Word) -> Iterator[Hit]:
    if not word.may_be(Kind.POSITION):
        return
    found = reader.find(POSITIONS, {"position_number": word.number}, limit=MOST_HITS)
    found += [one for one in reader.get(POSITIONS, [str(word.number)]) if one.position_number != word.number]
    if found:
        said = "; ".join(
            f"id {p.position_id}, number {p.position_number}, {p.deanery_number}" for p in found[:5]
        )
        offices = sorted({one.deanery for one in found if one.deanery})
        yield Hit(kind=HitKind.POSITION, id=word.text, what=said, offices=offices)


def _posts(reader: Reader, word: Word) -> Iterator[Hit]:
    for number in word.post_numbers:
        if found := reader.find(POSITIONS, {"deanery_number": number}, limit=MOST_HITS):
            offices = sorted({one.deanery for one in found if one.deanery})
            yield Hit(kind=HitKind.POST, id=number, what=counted(len(found), "position"), offices=offices)


def _post_id(reader: Reader, word: Word) -> Iterator[Hit]:
    """Yield the post with this id in TIS, by its number."""
    if word.kind is not None:
        return
    known = reader.find(KNOWN_POSITIONS, {"post_id": word.number}, limit=MOST_HITS)
    positions = reader.get(POSITIONS, [str(one.position_id) for one in known])
    for number in sorted({one.deanery_number for one in positions if one.post_id == word.number}):
        offices = sorted({one.deanery for one in positions if one.deanery and one.deanery_number == number})
        yield Hit(kind=HitKind.POST, id=number, what=f"post id {word.number}", offices=offices)


def _person(reader: Reader, word: Word) -> Iterator[Hit]:
    if not word.may_be_gmc:
        return
    where = {"gmc_number": word.text}
    records = reader.find(APPLICANTS, where, limit=MOST_HITS)
    if records or reader.count(DECISIONS, where) or reader.count(JOURNAL, where):
        offices = sorted({record.deanery for record in records if record.deanery})
        yield Hit(kind=HitKind.PERSON, id=word.text, offices=offices)
