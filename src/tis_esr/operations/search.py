"""Where a search leads: to a file, to a row of one, or to the explanation of a placement, post, position or person."""

import re

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.why.word import Kind, Word, read_word
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.services.app_generator.applicant_generation import DECISIONS
from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

_FILE_AND_ROW = re.compile(r"(\S+\.DAT)(?:\s*:\s*|\s+(?:row\s+)?)([0-9]{1,9})", re.IGNORECASE)


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """What was searched for: a ``file``, perhaps a ``row`` of it (0 for none), else the ``word`` to explain.

    ``is_personal`` says that the word may be a person's GMC number, so that it belongs in no address.
    """

    file: str = ""
    row: int = 0
    word: str = ""
    is_personal: bool = False


def destination(reader: Reader, typed: str) -> Destination:
    """Return where a search leads; it is exact: nothing is guessed or completed. Raises BadWordError."""
    text = typed.strip()
    name, row = text, 0
    if match := _FILE_AND_ROW.fullmatch(text):
        name, row = match[1], int(match[2])
    try:
        return Destination(file=str(FileName.parse(name.upper())), row=row)
    except BadFileNameError:
        word = read_word(text)
    return Destination(word=text, is_personal=may_be_person(reader, word))


def may_be_person(reader: Reader, word: Word) -> bool:
    """Return whether a word looks like a GMC number and is no known placement or position."""
    if not word.may_be_gmc or word.number is None:
        return False
    if word.kind is Kind.PERSON:
        return True
    placement, position = {"placement_id": word.number}, {"position_number": word.number}
    return not (
        reader.count(APPLICANTS, placement)
        or reader.count(DECISIONS, placement)
        or reader.count(POSITIONS, position)
        or reader.get(POSITIONS, [str(word.number)])
    )
