"""How values are written on pages: times in London with UTC on hover, days, numbers, states, ids with a button to copy."""

from datetime import UTC, date, datetime
from urllib.parse import urlencode

from markupsafe import Markup

from tis_esr.counted import counted
from tis_esr.first_letters import first_upper
from tis_esr.operations.board.cells import in_words as in_words_of_cell
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.dates import iso, readable
from tis_esr.operations.promise.judged import judged_in_words
from tis_esr.operations.states import words
from tis_esr.visible import visible


def number(value: int) -> str:
    """Return a number with thousands separators."""
    return f"{value:,}"


def signed(value: int) -> str:
    """Return a difference with its sign: ``+1,204``, ``-3``, ``0``."""
    return f"{value:+,}" if value else "0"


def day(value: date | None) -> Markup:
    """Return a day as ``25 Nov 2026``, readable by programs too."""
    if value is None:
        return Markup("")
    return Markup('<time datetime="{}" class="app-keep">{}</time>').format(value.isoformat(), in_words(value))


def moment(value: str | datetime | None) -> Markup:
    """Return a moment, or an ISO day or moment, as London time with UTC on hover; "" for "" and None."""
    text = iso(value.timestamp()) if isinstance(value, datetime) else value or ""
    if "T" not in text:
        return day(date.fromisoformat(text)) if text else Markup("")
    utc = datetime.fromisoformat(text).astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{in_words(utc.date())} {utc:%H:%M:%S} UTC", readable(text)
    )


def ident(text: str) -> Markup:
    """Return an id, file name or number that people copy."""
    return Markup('<span class="app-ident" data-copy="{}">{}</span>').format(visible(text), visible(text))


def why_link(word: str, text: str) -> Markup:
    """Return a link to the page that says why a placement, post or position was, or wasn't, sent."""
    return Markup('<a class="app-ident" href="/why?{}">{}</a>').format(
        urlencode({"word": word}), visible(text)
    )


def tag(text: str, colour: str) -> Markup:
    """Return a word in a coloured box; the colour says nothing that the word does not."""
    return Markup('<strong class="nhsuk-tag nhsuk-tag--{}">{}</strong>').format(colour, first_upper(text))


def percent(share: float | None, places: int = 1) -> str:
    """Return a share as ``96.2%``; "" where there is none."""
    return "" if share is None else f"{share:.{places}%}"


FILTERS = {
    "number": number,
    "signed": signed,
    "day": day,
    "moment": moment,
    "ident": ident,
    "state": words,
    "cell_state": in_words_of_cell,
    "first_upper": first_upper,
    "percent": percent,
    "judged": judged_in_words,
    "counted": counted,
    "visible": visible,
    "why": why_link,
}
