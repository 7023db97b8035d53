"""Whether an inbound file is accepted: by its name, its first row, and earlier copies of it."""

from collections.abc import Mapping
from datetime import date, timedelta

from tis_esr.records.file_names import DEANERIES, FILE_TYPES, BadFileNameError, FileName
from tis_esr.records.values import Value

INBOUND_TYPES = ("RMF", "RMC", "APC", "DCC")
FURTHEST_AHEAD = timedelta(days=1)
"""A file dated further ahead would supersede everything that arrives until then."""


def refusal_reason(name: str) -> str:
    """Return why a file of this name is refused; "" if it may be accepted."""
    try:
        parsed = FileName.parse(name)
    except BadFileNameError as error:
        return str(error)
    return "" if parsed.type in INBOUND_TYPES else f"{parsed.type} files are outbound files, not sent by ESR"


def hold_reason(name: FileName, today: date) -> str:
    """Return why a file of this name is held for a person or a later day; "" if it is not."""
    if name.deanery not in DEANERIES:
        return f"deanery {name.deanery} is unknown; must be one of {', '.join(DEANERIES)}"
    if name.date > today + FURTHEST_AHEAD:
        return (
            f"dated {_day(name.date)}, more than a day after {_day(today)}: its rows would supersede all that"
            " arrives before that day. Ask ESR for the file with its correct date"
        )
    return ""


def header_refusal_reason(name: FileName, header: Mapping[str, Value]) -> str:
    """Return why a file is refused: its HDR names another deanery than its name; "" if it does not."""
    said = header.get("deanery")
    if said in DEANERIES and said != name.deanery:
        return f"its HDR names deanery {said}, its name {name.deanery}. Ask ESR which is right"
    return ""


def header_remarks(name: FileName, header: Mapping[str, Value]) -> list[str]:
    """Return where the HDR contradicts the file's name in ways that do not affect whose rows they are.

    A value of the HDR is repeated only if it is a code or a name of the interface.
    """
    remarks = []
    said = header.get("fileType")
    if said is not None and said != name.type:
        remarks.append(
            f"its HDR names type {said if said in FILE_TYPES else 'another type'}, its name {name.type}"
        )
    said = header.get("deanery")
    if said is not None and said != name.deanery and said not in DEANERIES:
        remarks.append(f"its HDR names a deanery that is unknown, its name {name.deanery}")
    said = header.get("fileName")
    if said is not None and said != str(name):
        try:
            other = str(FileName.parse(str(said)))
        except BadFileNameError:
            other = "that is not a valid ESR file name"
        remarks.append(f"its HDR names a file {other}")
    return remarks


def _day(day: date) -> str:
    return f"{day:%d %b} {day.year}".lstrip("0")
