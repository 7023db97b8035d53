"""Which parked messages an address or a form means, and the filters that show it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request

from tis_esr import wall_clock
from tis_esr.engine.reader_protocol import ParkedTally, Trace
from tis_esr.operations.parked.ages import TITLES, starts_of_bands
from tis_esr.operations.parked.catalogue import CATALOGUE
from tis_esr.operations.parked.kinds import AgeBand
from tis_esr.operations.parked.listing import NONE, Choice, ParkedMessage, parked_messages, parked_traces
from tis_esr.parking_causes import ParkingCause
from tis_esr.visible import visible
from tis_esr.web.console import addresses
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.problems import ProblemError

FIELDS: Final = ("cause", "office", "age", "file")
_LONGEST_NAME: Final = 1024
"""The longest key of an S3 object: an event may name a file by any."""


def filters(request: Request) -> tuple[list[addresses.Choice], Choice]:
    """Return the filters of a page as its address has them, and which messages they mean."""
    causes = {"": "All causes", **{cause.value: text.title for cause, text in CATALOGUE.items()}}
    mine = account_of(request)
    offices = addresses.offices(mine.visible_offices)
    if mine.offices is None:
        offices[NONE] = "No office"
    ages = {"": "All ages", **{band.value: title for band, title in TITLES.items()}}
    shown = [
        addresses.choice(request, "cause", "Cause", causes),
        addresses.choice(request, "office", "Office", offices),
        addresses.choice(request, "age", "Age", ages),
        addresses.choice(request, "file", "File", _files(request)),
    ]
    return shown, chosen_by({one.name: one.value for one in shown})


def chosen_by(fields: Mapping[str, str], ids: Sequence[str] = ()) -> Choice:
    """Return the messages that filters mean, or those of these ids. Raises ProblemError."""
    try:
        return Choice(
            ids=list(ids),
            cause=ParkingCause(fields["cause"]) if fields.get("cause") else None,
            deanery=fields.get("office", ""),
            age=AgeBand(fields["age"]) if fields.get("age") else None,
            file=fields.get("file", ""),
        )
    except ValueError:
        raise ProblemError(400, "The form names a filter that there is not. Nothing was done.") from None


async def messages_of(request: Request, choice: Choice, keys: Sequence[str] = ()) -> list[ParkedMessage]:
    """Return the parked messages of a choice that the person may see, oldest first; of ``keys`` only those."""
    now = wall_clock.now().timestamp()
    found: list[ParkedMessage] = await console_of(request).questions.ask(
        partial(parked_messages, choice=choice, now=now)
    )
    account, wanted = account_of(request), frozenset(keys)
    return [one for one in found if account.sees(one.deanery) and (not wanted or key_of(one) in wanted)]


async def traces_of(request: Request, choice: Choice) -> list[Trace]:
    """Return the same messages as they are stored: of a long list only one page is shown."""
    now, account = wall_clock.now().timestamp(), account_of(request)
    found: list[Trace] = await console_of(request).questions.ask(
        partial(parked_traces, choice=choice, now=now)
    )
    return [one for one in found if account.sees(one.deanery)]


async def tallies_of(request: Request, now: float) -> list[ParkedTally]:
    """Return how many parked messages there are that the person may see, as the store counts them by age and the rest."""
    starts = starts_of_bands(now)
    found: list[ParkedTally] = await console_of(request).questions.ask(
        lambda reader: reader.parked_tallies(starts)
    )
    return [one for one in found if account_of(request).sees(one.deanery)]


def narrowed(choice: Choice, keys: Sequence[str]) -> Choice:
    """Return the choice of messages by their keys."""
    return msgspec.structs.replace(choice, ids=[key.partition("|")[2] for key in keys])


def key_of(message: ParkedMessage) -> str:
    """Return ``queue|id``, which no other message has."""
    return "|".join(message.identity)


def _files(request: Request) -> dict[str, str]:
    """Return the file of the address as an option: files are chosen from the groups by file."""
    known = {"": "All files", NONE: "No file"}
    name = request.query_params.get("file", "")
    return {**known, name: visible(name)} if 0 < len(name) <= _LONGEST_NAME and name != NONE else known
