"""The argument of ``why``, and which kinds of id or number it can be."""

import re

import msgspec

from tis_esr.errors import Exit, TisEsrError

_LONGEST = 60
_DIGITS = 15
_GMC = re.compile(r"[0-9]{7}")


class BadWordError(TisEsrError, ValueError):
    """An argument that ``why`` cannot interpret."""

    exit_code = Exit.USAGE

    advice = (
        "give a placement id, a position number or id, or a GMC number (digits only), or a national post number"
        " such as EOE/RGT00/800/STR/001"
    )

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; {self.advice}")
        self.reason = reason


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """The argument without blanks around it; ``number`` is its value if it is a number."""

    text: str
    number: int | None

    @property
    def post_numbers(self) -> list[str]:
        """Return the possible national post numbers: as typed, and in capitals."""
        return [] if self.number is not None else list(dict.fromkeys((self.text, self.text.upper())))

    @property
    def misfit_reason(self) -> str:
        """Return why the word cannot be an id or number, as far as its form shows; "" if it can."""
        if self.number is None and "/" not in self.text:
            return "a post number has slashes; ids, position numbers and GMC numbers are digits only"
        return ""

    @property
    def may_be_gmc(self) -> bool:
        """Return whether it has the form of a GMC number: seven digits."""
        return _GMC.fullmatch(self.text) is not None


def read_word(typed: str) -> Word:
    """Return the word. Raises BadWordError."""
    text = typed.strip()
    if not text:
        raise BadWordError("it is empty")
    if len(text) > _LONGEST or not text.isprintable():
        raise BadWordError(f"it has more than {_LONGEST} characters, or unprintable ones")
    if not (text.isascii() and text.isdigit()):
        return Word(text=text, number=None)
    if len(text) > _DIGITS:
        raise BadWordError(f"it has {len(text)} digits, and the longest id has {_DIGITS}")
    return Word(text=text, number=int(text))
