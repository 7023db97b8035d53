"""Numbers with their nouns, as people read them: ``1 applicant``, ``1,200 applicants``."""


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number and its noun, with a verb where one follows: ``counted(2, "message waits", "messages wait")``.

    ``many`` is ``one`` and an s unless it is given.
    """
    return f"{number:,} {plural(number, one, many)}"


def plural(number: int, one: str, many: str = "") -> str:
    """Return the word or words that go with a number."""
    return one if number == 1 else many or f"{one}s"
