"""First letters of sentences: an abbreviation such as TIS keeps its capitals, in either direction."""


def first_upper(text: str) -> str:
    """Return a text that begins with a capital letter, and is otherwise as it was."""
    return text[:1].upper() + text[1:]


def first_lower(text: str) -> str:
    """Return a text as the rest of a sentence: its first letter is small unless its first word is an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
