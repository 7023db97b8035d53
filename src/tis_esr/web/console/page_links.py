"""Commands in texts of operations as the console's own pages: what a browser can't run is a link where a page does it.

Texts of operations name commands, which people use in a terminal. This is the only place that knows which page shows the same.
"""

import re
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from tis_esr.first_letters import first_upper
from tis_esr.visible import visible

CanOpen = Callable[[str], bool]
"""Whether a person may open a page, by its path in the table of pages."""


class Linked(NamedTuple):
    """A command behind ``tis-esr``, the page that shows the same, its address, and how a sentence names it."""

    command: str
    page: str
    address: str
    text: str


_FILE: Final = r"(?P<name>DE_[A-Z]{3}_[A-Z]{3}_[0-9]{8}_[0-9]{7,8}\.DAT)"
_OFFICE: Final = r"(?P<office>[A-Z]{3})\b"
_MORE: Final = r"(?: --[a-z]+ [A-Z]+\b)*"

LINKED: Final = (
    Linked(rf"files {_FILE}(?! --settle)", "/files/{name}", "/files/{name}", "the file's page"),
    Linked(r"files(?! \S+ --settle)\b", "/findings", "/findings", "Findings"),
    Linked(rf"parked list --file {_FILE}", "/parked/messages", "/parked/messages?file={name}", "the parked messages of the file"),
    Linked(rf"parked(?: list| retry| discard)?{_MORE}\b", "/parked", "/parked", "Parked"),
    Linked(r"report rejections\b", "/reports/{kind}", "/reports/rejections", "the report of rejections"),
    Linked(r"report positions\b", "/positions", "/positions", "Positions and posts"),
    Linked(r"(?:report invalid|lint)\b", "/reports/{kind}", "/reports/invalid", "the report of held records"),
    Linked(r"board\b", "/", "/", "Today"),
    Linked(r"doctor\b", "/doctor", "/doctor", "Doctor"),
    Linked(r"processes\b", "/processes", "/processes", "Processes"),
    Linked(r"promise(?: --by start)?\b", "/promise", "/promise", "The promise"),
    Linked(r"alarms list\b", "/alarms", "/alarms", "Alarms"),
    Linked(rf"export applicants --deanery {_OFFICE}", "/exports/{office}/{type}", "/exports/{office}/APP", "the export of APP"),
    Linked(rf"export notifications --deanery {_OFFICE}", "/exports/{office}/{type}", "/exports/{office}/DNC", "the export of DNC"),
    Linked(r"export applicants --deanery CODE\b", "/exports", "/exports", "Exports"),
    Linked(rf"export [a-z]+ --resend {_FILE}(?: --only [0-9,]+)?", "/exports/files/{name}", "/exports/files/{name}", "resend it from the file's page"),
    Linked(r"export applicants --resend NAME\b", "/exports/files", "/exports/files", "Files sent"),
    Linked(rf"region status {_OFFICE}", "/procedures/region/{deanery}", "/procedures/region/{office}", "the start of the region"),
    Linked(r"why PLACEMENT\b", "/why", "/why", "Why"),
)  # fmt: skip
NAMED: Final = {
    "list of exports": "/exports",
    "list of batches": "/batches",
    "Batches": "/batches",
    "list of alarms": "/alarms",
    "list of parked messages": "/parked/messages",
    "Discarded messages": "/parked/discarded",
    "list of processes": "/processes",
    "list of reports": "/reports",
    "Positions and posts": "/positions",
    "the board": "/",
    "the audit": "/audit",
}
"""Pages as an advice names them, with their address."""
_NAMED: Final = re.compile("|".join(map(re.escape, NAMED)))
_COMPILED: Final = [(re.compile(one.command), one) for one in LINKED]
_COMMAND: Final = re.compile(r"`(?P<quoted>[^`]+)`|(?P<bare>tis-esr )")
_NAME: Final = "tis-esr "


def on_pages(text: str, can_open: CanOpen) -> Markup:
    """Return a text with its commands as pages, linked where the person may open them.

    A command that has no page stays: what was between backticks is shown as code.
    """
    written, at = Markup(""), 0
    while (found := _COMMAND.search(text, at)) is not None:
        said, end = _page(text, found, can_open)
        written += visible(text[at : found.start()]) + said
        at = end
    return written + visible(text[at:])


def with_named_pages(text: str, can_open: CanOpen) -> Markup:
    """Return an advice in which the pages that it names are links, where the person may open them."""
    written, at = Markup(""), 0
    for found in _NAMED.finditer(text):
        address = NAMED[found[0]]
        link = Markup('<a href="{}">{}</a>').format(address, found[0]) if can_open(address) else found[0]
        written += visible(text[at : found.start()]) + link
        at = found.end()
    return written + visible(text[at:])


def _page(text: str, found: re.Match[str], can_open: CanOpen) -> tuple[Markup | str, int]:
    """Return what is written for a command, and where the text goes on behind it."""
    quoted = found["quoted"]
    if quoted is not None and not quoted.startswith(_NAME):
        return Markup("<code>{}</code>").format(visible(quoted)), found.end()
    start = found.start() + (quoted is not None) + len(_NAME)
    for pattern, one in _COMPILED:
        match = pattern.match(text, start)
        if match is not None and (quoted is None or match.end() == found.end() - 1):
            end = found.end() if quoted is not None else match.end()
            return _link(one, match, can_open, is_first=found.start() == 0), end
    if quoted is not None:
        return Markup("<code>{}</code>").format(visible(quoted)), found.end()
    return _NAME, found.end()


def _link(one: Linked, match: re.Match[str], can_open: CanOpen, *, is_first: bool) -> Markup | str:
    text = first_upper(one.text) if is_first else one.text
    if not can_open(one.page):
        return text
    address = one.address.format(**{name: quote(value) for name, value in match.groupdict().items()})
    return Markup('<a href="{}">{}</a>').format(address, text)
