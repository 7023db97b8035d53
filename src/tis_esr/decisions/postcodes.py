"""British postcodes in the one form that ESR accepts."""

import re

_OUTWARD = r"[A-PR-UWYZ](?:[0-9][0-9]?|[A-HK-Y][0-9][0-9]?|[0-9][A-HJKPSTUW]|[A-HK-Y][0-9][ABEHMNPRV-Y])"
_POSTCODE = re.compile(rf"(?:(?:{_OUTWARD}|GIR) ?[0-9][ABD-HJLNP-UW-Z]{{2}}|ZZ99 ?[0-9][A-Z]{{2}})")


def postcode(text: str) -> str | None:
    """Return a postcode in capitals, with one blank before its last three characters; None if it is not valid.

    ZZ99 begins the NHS's codes for people without one, such as ZZ99 3VZ for no fixed abode. Incident A5: ESR rejects
    anything else.
    """
    capitals = text.upper()
    if not _POSTCODE.fullmatch(capitals):
        return None
    letters = capitals.replace(" ", "")
    return f"{letters[:-3]} {letters[-3:]}"
