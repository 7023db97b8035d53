"""What a digest says of the active alarms: how many, and each in one line; of an office, those that may be about it."""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms.alarm import Alarm
from tis_esr.operations.alarms.overview import Alarms, overview
from tis_esr.operations.dates import day as in_words
from tis_esr.records.file_names import DEANERIES

_OFFICE = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(DEANERIES)})(?![A-Za-z0-9])")


def active_alarms(reader: Reader, now: datetime, deanery: str | None) -> Alarms:
    """Return the active alarms and when they were judged; of one office those that name it, or no office at all."""
    found = overview(reader, [], now)
    if deanery is None:
        return found
    return msgspec.structs.replace(found, alarms=[one for one in found.alarms if concerns(one, deanery)])


def concerns(alarm: Alarm, deanery: str) -> bool:
    """Return whether an alarm may be about an office: it names it, or it names none."""
    texts = [alarm.id, alarm.text, alarm.consequence, *alarm.members]
    offices = {office for text in texts for office in _OFFICE.findall(text)}
    return not offices or deanery in offices


def number_in_words(alarms: Sequence[Alarm]) -> str:
    """Return ``1 alarm is active``."""
    return counted(len(alarms), "alarm is active", "alarms are active")


def alarms_in_words(found: Alarms) -> list[str]:
    """Return a line for the number, and one for each alarm; when they were judged, if that is too long ago.

    Where alarms have not been judged within a day, it is not said that none is active: `tis-esr day` judges none.
    """
    lines = [f"{one.severity.value}: {one.text} ({one.owner or 'no owner'})" for one in found.alarms]
    if lines:
        lines.insert(0, f"{number_in_words(found.alarms)}:")
    if found.evaluated_at is not None and found.is_stale:
        at = found.evaluated_at
        lines.append(f"Alarms were judged last on {in_words(at.date())} at {at:%H:%M}.")
    return lines or (["No alarm is active."] if found.evaluated_at is not None else [])
