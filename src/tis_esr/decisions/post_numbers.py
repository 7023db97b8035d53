"""The parts of a national post number: ``EOE/RGT00/800/STR/001`` names office, trust, specialty and grade by their codes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostNumberParts:
    """The codes in a national post number; "" for a part that it doesn't have."""

    office: str = ""
    trust: str = ""
    specialty: str = ""
    grade: str = ""


def post_number_parts(number: str | None) -> PostNumberParts:
    """Return the parts of a national post number; numbers of another form have fewer."""
    parts = [part.strip() for part in (number or "").split("/")]
    if len(parts) < 2:
        return PostNumberParts()
    return PostNumberParts(*parts[:4])
