"""The argument of ``why``, and which kinds of id, number or name it can be."""

import re
from enum import StrEnum
from pathlib import Path

import msgspec

from tis_esr.counted import counted
from tis_esr.errors import Exit, TisEsrError

_LONGEST = 60
_LONGEST_ALARM = 300
_LONGEST_PATH = 1000
_DIGITS = 15
_GMC = re.compile(r"[0-9]{7}")
_FILE = re.compile(r"DE_[A-Z]{3}_[A-Z]{3}_[0-9]{8}_[0-9]{7,8}\.DAT", re.IGNORECASE)
_ROW = re.compile(r"[0-9]{1,9}")


class Kind(StrEnum):
    """What a word can be. Before a colon it says which is meant: ``placement:1900002``."""

    PLACEMENT = "placement"
    POSITION = "position"
    PERSON = "gmc"
    POST = "post"
    FILE = "file"
    ROW = "row"
    ALARM = "alarm"


_FORMS = (
    "a post number has slashes; ids, position numbers and GMC numbers are digits only; a file's name is like"
    " DE_EOE_RMC_20261124_00000101.DAT"
)
_NUMBERS = (Kind.PLACEMENT, Kind.POSITION, Kind.PERSON)


class BadWordError(TisEsrError, ValueError):
    """An argument that ``why`` cannot interpret."""

    exit_code = Exit.USAGE

    advice = (
        "give a placement id, a position number or id, or a GMC number (digits only), a national post number such as"
        " EOE/RGT00/800/STR/001, a file name, FILE:ROW, or an alarm"
    )

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; {self.advice}")
        self.reason = reason


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """The argument without blanks around it; ``number`` is its value if it is a number.

    ``kind`` is None while a number can be of several kinds. ``row`` is that of a row; ``path`` is where a file's content
    is, if it was given by its place.
    """

    text: str
    number: int | None
    kind: Kind | None = None
    row: int = 0
    path: str = ""

    def may_be(self, kind: Kind) -> bool:
        """Return whether it can be of a kind."""
        return self.kind is kind or (self.kind is None and kind in _NUMBERS)

    @property
    def post_numbers(self) -> list[str]:
        """Return the possible national post numbers: as typed, and in capitals."""
        return [] if self.number is not None else list(dict.fromkeys((self.text, self.text.upper())))

    @property
    def misfit_reason(self) -> str:
        """Return why the word cannot be an id or number, as far as its form shows; "" if it can."""
        if self.kind is Kind.POST and "/" not in self.text and ":" in self.text:
            return f"it is not an alarm, and before the colon only {', '.join(Kind)} say what is meant"
        if self.number is None and "/" not in self.text:
            return _FORMS
        return ""

    @property
    def may_be_gmc(self) -> bool:
        """Return whether it has the form of a GMC number: seven digits."""
        return self.may_be(Kind.PERSON) and _GMC.fullmatch(self.text) is not None


def read_word(typed: str) -> Word:
    """Return the word. Raises BadWordError."""
    text = typed.strip()
    if not text:
        raise BadWordError("it is empty")
    if found := _file(text):
        return found
    longest = _LONGEST_ALARM if text.lower().startswith(f"{Kind.ALARM}:") else _LONGEST
    if len(text) > longest or not text.isprintable():
        raise BadWordError(f"it has more than {counted(longest, 'character')}, or unprintable ones")
    before, colon, rest = text.partition(":")
    if colon and before.lower() in set(Kind):
        return _meant(Kind(before.lower()), rest.strip())
    if not (text.isascii() and text.isdigit()):
        return Word(text=text, number=None, kind=Kind.POST)
    return _number(text, None)


def _number(text: str, kind: Kind | None) -> Word:
    if len(text) > _DIGITS:
        raise BadWordError(f"it has {counted(len(text), 'digit')}, and the longest id has {_DIGITS}")
    return Word(text=text, number=int(text), kind=kind)


def _meant(kind: Kind, text: str) -> Word:
    """Return a word whose kind was given."""
    if not text:
        raise BadWordError(f"nothing follows {kind.value}:")
    if kind in _NUMBERS:
        if not (text.isascii() and text.isdigit()):
            raise BadWordError(f"{text!r} is not a number, and a {_SAID[kind]} is digits only")
        return _number(text, kind)
    if kind in {Kind.POST, Kind.ALARM}:
        return Word(text=text, number=None, kind=kind)
    found = _file(text)
    if found is None or found.kind is not kind:
        form = "DE_EOE_RMC_20261124_00000101.DAT" + (":12" if kind is Kind.ROW else "")
        raise BadWordError(f"{text!r} is not a {_SAID[kind]} such as {form}")
    return found


_SAID = {
    Kind.PLACEMENT: "placement id",
    Kind.POSITION: "position number or id",
    Kind.PERSON: "GMC number",
    Kind.FILE: "file name",
    Kind.ROW: "file name and row",
}


def _file(text: str) -> Word | None:
    """Return the word of a file name, of a file's place, or of FILE:ROW; None for another word."""
    if len(text) > _LONGEST_PATH or not text.isprintable():
        return None
    text = text.removeprefix("file:").removeprefix("row:")
    name, colon, row = text.rpartition(":")
    if colon and _FILE.fullmatch(name) and _ROW.fullmatch(row):
        return Word(text=name.upper(), number=None, kind=Kind.ROW, row=int(row))
    path = Path(text)
    if not _FILE.fullmatch(path.name):
        return None
    place = "" if path.name == text else text
    return Word(text=path.name.upper() if not place else path.name, number=None, kind=Kind.FILE, path=place)
