"""Repairs two known defects of ESR's rows."""

import re

_STATUS = re.compile(
    r'^"?\s*APC\s*"?,(.*?),"?\s*(SUCCESS|FAIL)\s*"?,"?\s*([A-Z]{0,15})\s*"?,(.*)$', re.DOTALL | re.IGNORECASE
)
_AFTER_THE_TEXT = 5
_TITLE, _OCCUPATION, _SECOND_SPECIALITY = 4, 5, 7
_LONGEST_OCCUPATION = 5


def shifted_position(data: list[str]) -> list[str] | None:
    """Return the columns of a POS row whose title was cut at ``\\``, repaired; None where it was not cut.

    ``Medical and Dental\\`` and what follows are one title, joined by ``|``; up to the second speciality all
    moves back one place (line of August 2020, incident A6).
    """
    if len(data) <= _SECOND_SPECIALITY or not data[_TITLE].endswith("\\"):
        return None
    if len(data[_OCCUPATION]) <= _LONGEST_OCCUPATION:
        return None
    title = f"{data[_TITLE].removesuffix(chr(92))}|{data[_OCCUPATION]}"
    return [
        *data[:_TITLE],
        title,
        *data[_OCCUPATION + 1 : _SECOND_SPECIALITY + 1],
        "",
        *data[_SECOND_SPECIALITY + 1 :],
    ]


def anchored_confirmation(text: str, found: int) -> list[str] | None:
    """Return the columns of an APC row with commas or quotes in its message text; None where it has none.

    Columns 3 and 4 are two of few words, and columns 6 to 10 are counted from the right (incident A5).
    """
    match = _STATUS.match(text)
    if match is None:
        return None
    number, status, severity, rest = match.groups()
    *said, applicant, assignment, position, position_number, vacancy = _split_right(rest)
    message = _unquoted(",".join(said))
    if found == 4 + _AFTER_THE_TEXT and '"' not in message:
        return None
    tail = [_unquoted(cell) for cell in (applicant, assignment, position, position_number, vacancy)]
    return [_unquoted(number), status, severity, message.replace('""', '"'), *tail]


def numbers_in_place(data: list[str]) -> bool:
    """Return whether an APC row's columns 7 to 10 hold numbers: what is beyond them is surplus, not message text."""
    assignment, position, position_number, vacancy = (cell.strip() for cell in data[5:9])
    return (
        position.isdigit()
        and position_number.isdigit()
        and all(not cell or cell.isdigit() for cell in (assignment, vacancy))
    )


def _split_right(rest: str) -> list[str]:
    parts = rest.rsplit(",", _AFTER_THE_TEXT)
    return [*parts, *[""] * (_AFTER_THE_TEXT + 1 - len(parts))]


def _unquoted(cell: str) -> str:
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell
