"""Forms that lack something, or have what can't be used: shown again with what was typed, and what is wrong beside it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from tis_esr.web.console.forms import TOKEN, Form
from tis_esr.web.console.rendering import page


class Field(NamedTuple):
    """A field as it is asked for again: ``value`` is what was typed, ``error`` says what to enter, "" if it is right.

    ``kind`` is the type of an input, or ``textarea``.
    """

    name: str
    label: str
    value: str
    error: str = ""
    kind: str = "text"


class AskAgainError(Exception):
    """What a form has can't be used as it is; nothing was done. ``back`` is the address of the page that it is on."""

    def __init__(self, fields: Sequence[Field], back: str) -> None:
        super().__init__("; ".join(one.error for one in fields if one.error))
        self.fields, self.back = fields, back


def day_of(text: str) -> date | None:
    """Return a day that a date field sent; None for none, or for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def asked_again(request: Request, path: str, name: str, form: Form, error: AskAgainError) -> Response:
    """Return the form again: the fields to correct are shown, everything else that it had is sent with it."""
    shown = {TOKEN, *(one.name for one in error.fields)}
    values = {
        "path": path,
        "name": name,
        "fields": error.fields,
        "kept": [(key, value) for key in form for value in form.all(key) if key not in shown],
        "back": error.back,
    }
    trail = (("/", "Start"), (error.back, "Back"))
    return page(request, "asked_again.html", f"Error: {name}", {**values, "heading": name}, trail=trail, status=400)  # fmt: skip
