"""Text from outside as it may reach a terminal, a log or a metric: nothing in it acts, all of it is seen."""

import unicodedata
from typing import Final

_KEPT: Final = "\n\t"
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def visible(text: str, kept: str = _KEPT) -> str:
    r"""Return the text with control, bidirectional and other invisible characters as ``\x1b`` or ``\u202e``.

    Those in ``kept`` stay as they are.
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
