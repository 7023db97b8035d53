"""The query of a page's address: reading choices from it, and addresses that differ in some of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from tis_esr.counted import counted
from tis_esr.web.console.problems import ProblemError

DONE: Final = "done"
"""Names the act that led to a page, which says what it did."""


@dataclass(frozen=True)
class Choice:
    """One field of a filter: its values with their texts, the chosen one, and the address without it ("" if not chosen).

    Without ``options`` it is a text that a person types.
    """

    name: str
    label: str
    options: Mapping[str, str]
    value: str
    is_default: bool
    without: str

    @property
    def text(self) -> str:
        """Return the chosen value in words."""
        return self.options.get(self.value, self.value)


def choice(request: Request, name: str, label: str, options: Mapping[str, str], default: str = "") -> Choice:
    """Return the chosen one of ``options``. Raises ProblemError for any other value."""
    value = request.query_params.get(name, "") or default
    if value not in options:
        known = ", ".join(option for option in options if option)
        raise ProblemError(400, f"The address has an unknown value for '{label}'.", f"It can be: {known}.")
    return Choice(
        name,
        label,
        options,
        value,
        value == default,
        with_query(request, "", **dict.fromkeys((name, "after"))),
    )


def text(request: Request, name: str, label: str, longest: int) -> Choice:
    """Return a text that is typed into a filter. Raises ProblemError for one that is too long, or not printable."""
    value = request.query_params.get(name, "").strip()
    if len(value) > longest or not value.isprintable():
        raise ProblemError(
            400,
            "The address asks for a text that no filter has.",
            f"It has at most {counted(longest, 'character')}, all printable.",
        )
    without = with_query(request, "", **dict.fromkeys((name, "after")))
    return Choice(name, label, {}, value, not value, without)


def whole_number(request: Request, name: str, label: str, default: int, allowed: range) -> int:
    """Return a number from the address. Raises ProblemError for what is none, or too large."""
    text = request.query_params.get(name, "") or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) in allowed):
        raise ProblemError(
            400,
            f"The address has no valid {label}.",
            f"It is a number from {allowed.start} to {allowed.stop - 1:,}.",
        )
    return int(text)


def with_query(request: Request, path: str = "", **changed: str | int | None) -> str:
    """Return this page's address, or that of ``path``, with some values changed, or left out where None.

    What an act did is said once: links of the page that says it don't say it again.
    """
    values = {name: value for name, value in request.query_params.items() if value and name != DONE}
    kept = {**values, **{name: str(value) for name, value in changed.items() if value is not None}}
    for name, value in changed.items():
        if value is None:
            kept.pop(name, None)
    path = path or request.url.path
    return f"{path}?{urlencode(kept)}" if kept else path


def offices(visible: Sequence[str]) -> dict[str, str]:
    """Return the options of a filter by office."""
    return {"": "All offices" if len(visible) > 1 else "Your office", **{code: code for code in visible}}
