"""One cleaning for each kind of value, the same in both directions: ESR's rows to TIS, and TIS's records to ESR."""

import re
import unicodedata
from enum import Enum, StrEnum


class Kind(Enum):
    """The kinds of text that are cleaned and compared in ways of their own."""

    TEXT = "text"
    PHONE = "phone"
    EMAIL = "email"
    NI_NUMBER = "national insurance number"


class Repair(StrEnum):
    """What was repaired in a value without losing anything of it."""

    APOSTROPHE = "typographic apostrophe"
    DASH = "typographic dash"
    BLANKS = "blanks"
    INVISIBLE = "invisible marks"


_APOSTROPHES = re.compile("[\u2018\u2019\u201b\u02bc\u2032\u00b4`]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_SELECTORS = re.compile("[\ufe00-\ufe0f]")
_HARD_BLANKS = re.compile(r"[^\S \t\r\n]")
_CLEAN = re.compile("(?:[!-_a-~]+(?: [!-_a-~]+)*)?")
"""What most values are: ASCII without a grave accent, single plain blanks between its words."""


def clean(kind: Kind, value: str | None) -> str | None:
    """Return a value as both systems can store it; None if nothing is left. See ``cleaned``."""
    return cleaned(kind, value or "")[0] or None


def cleaned(kind: Kind, value: str) -> tuple[str, list[Repair]]:
    """Return a value in composed letters, without invisible marks, with single plain blanks, and what was repaired.

    Typographic apostrophes and dashes are replaced, except in e-mail addresses; blanks in an NI number are removed.
    """
    if kind is not Kind.NI_NUMBER and _CLEAN.fullmatch(value):
        return value, []
    repairs: list[Repair] = []
    if not value.isascii():
        value = unicodedata.normalize("NFC", value)
        visible = _visible(value)
        if visible != value:
            repairs.append(Repair.INVISIBLE)
        value = visible
    if _HARD_BLANKS.search(value):
        repairs.append(Repair.BLANKS)
    value = " ".join(value.split())
    if kind is not Kind.EMAIL:
        value = _repaired(value, repairs)
    if kind is Kind.NI_NUMBER:
        if " " in value and Repair.BLANKS not in repairs:
            repairs.append(Repair.BLANKS)
        value = value.replace(" ", "").upper()
    return value, repairs


def is_same(kind: Kind, one: str, other: str) -> bool:
    """Return whether two values differ only in letter case, accents, blanks or repairs."""
    return one == other or _folded(kind, one) == _folded(kind, other)


def _folded(kind: Kind, value: str) -> str:
    value = cleaned(kind, value)[0].casefold()
    if kind is Kind.PHONE:
        return value.replace(" ", "").replace("-", "")
    if value.isascii():
        return value
    letters = unicodedata.normalize("NFKD", value.translate(_WITHOUT_ACCENT))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


_WITHOUT_ACCENT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h"}
)
"""Letters that Unicode does not decompose."""


def _visible(value: str) -> str:
    """Return a text without format characters (zero width, bidirectional marks, byte order mark, soft hyphen)."""
    return _SELECTORS.sub("", "".join(c for c in value if unicodedata.category(c) != "Cf"))


def _repaired(value: str, repairs: list[Repair]) -> str:
    for pattern, plain, repair in ((_APOSTROPHES, "'", Repair.APOSTROPHE), (_DASHES, "-", Repair.DASH)):
        value, found = pattern.subn(plain, value)
        if found:
            repairs.append(repair)
    return value
