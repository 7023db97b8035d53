"""Filters by the codes in a national post number: trust, specialty, grade. Their options are those of the list."""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from starlette.requests import Request

from tis_esr.web.console.addresses import Choice, choice


class HasCodes(Protocol):
    """Something with the codes of a national post number."""

    @property
    def trust(self) -> str:
        """Return the code of the trust, "" without one."""
        ...

    @property
    def specialty(self) -> str:
        """Return the code of the specialty."""
        ...

    @property
    def grade(self) -> str:
        """Return the code of the grade."""
        ...


_CODES: Final = {"trust": "Trust", "specialty": "Specialty", "grade": "Grade"}


def code_choices(request: Request, found: Sequence[HasCodes]) -> list[Choice]:
    """Return a filter for each code. Raises ProblemError for a code that nothing in the list has."""
    return [
        choice(request, name, label, {"": f"All {_plural(name)}", **_options(found, name)})
        for name, label in _CODES.items()
    ]


def has_codes(one: HasCodes, codes: Iterable[Choice]) -> bool:
    """Return whether something has the codes that are chosen."""
    return all(code.value in ("", getattr(one, code.name)) for code in codes)


def _options(found: Sequence[HasCodes], name: str) -> dict[str, str]:
    return {code: code for code in sorted({getattr(one, name) for one in found}) if code}


def _plural(name: str) -> str:
    return "specialties" if name == "specialty" else f"{name}s"
