"""Escapes text from outside for a terminal, a log or a metric, so that it has no effect and is all visible."""

import unicodedata
from typing import Final

_KEPT: Final = "\n\t"
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def visible(text: str, kept: str = _KEPT) -> str:
    r"""Return the text with control, bidirectional and other invisible characters as ``\x1b`` or ``\u202e``.

    Those in ``kept`` are unchanged.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character in kept or unicodedata.category(character) not in _HIDDEN
        else _escaped(character)
        for character in text
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
