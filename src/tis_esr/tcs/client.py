"""TCS's endpoints, one method each; bulk lookups are packed into as few calls as possible.

Every method may raise ``TcsUnavailableError`` (wait and repeat) and ``TcsRefusedError`` (never works); those that read
``TcsServerError`` (perhaps this record's fault) and ``TcsUnreadableRecordError``; those that write
``TcsUncertainError`` when it isn't known whether TCS stored something. See ``tcs_errors``.

A write takes ``send_by``, a moment of ``Tcs.time()``: it is not sent later than that, and ``TcsNotSentError`` is
raised. So do the reads that a write depends on. Calls with ``send_by`` are sent before those without. A write that is
cancelled may still take effect for ``TcsSettings.uncertain_seconds``; nothing is raised for that, so the caller must
treat it as uncertain.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from datetime import date
from itertools import count
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import msgspec

from tis_esr.counted import counted
from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.dto_reading import Shape
from tis_esr.tcs.endpoints import (
    ABSENCE_CHANGE,
    ABSENCE_NEW,
    ABSENCE_OF_ESR,
    CONTACT,
    ESR_CHANGED,
    ESR_EXPORTED,
    GDC_IN,
    GMC_IN,
    MEMBERSHIPS,
    PEOPLE_IN,
    PERSONAL,
    PLACEMENT,
    PLACEMENTS_FILTER,
    POST,
    POSTS_FOUND,
    POSTS_IN,
    Endpoint,
)
from tis_esr.tcs.http_wire import HttpWire
from tis_esr.tcs.load_control import LoadControl
from tis_esr.tcs.models import (
    Absence,
    GdcDetails,
    GmcDetails,
    ListedPost,
    Person,
    Placement,
    Post,
    ProgrammeMembership,
)
from tis_esr.tcs.tcs_errors import TcsUnreadableError
from tis_esr.tcs.tcs_settings import BadTcsUrlError, TcsSettings
from tis_esr.tcs.tokens import NoToken, TokenSource
from tis_esr.tcs.transport import Counted, Transport
from tis_esr.tcs.url_packing import PAGE_SIZE, encoded, encoded_npn, json_body, packed, placement_filters
from tis_esr.tcs.wire import Wire

__all__ = ["BadTcsUrlError", "Tcs", "TcsSettings"]

T = TypeVar("T")


class _Stored(msgspec.Struct, frozen=True):
    """The response to a write, whose content is not used."""


_POSTS: Final = Shape(list[Post], "a list of posts", "post")
_LISTED: Final = Shape(list[ListedPost], "a list of posts", "post")
_POST: Final = Shape(Post, "a post", "post")
_PLACEMENTS: Final = Shape(list[Placement], "a list of placements", "placement")
_PLACEMENT: Final = Shape(Placement, "a placement", "placement")
_PEOPLE: Final = Shape(list[Person], "a list of people", "person")
_GMC: Final = Shape(list[GmcDetails], "a list of GMC details", "person's GMC details")
_GDC: Final = Shape(list[GdcDetails], "a list of GDC details", "person's GDC details")
_MEMBERSHIPS: Final = Shape(
    list[ProgrammeMembership], "a list of programme memberships", "programme membership"
)
_ABSENCE: Final = Shape(Absence, "an absence", "absence")
_STORED: Final = Shape(_Stored, "what was stored")

_CURRENT: Final = '{"status":["CURRENT"]}'
PEOPLE_AT_ONCE: Final = 200
NOT_A_NUMBER: Final = frozenset({"UNKNOWN", "N/A"})


class Tcs:
    """A client of TCS; use it in ``async with``.

    ``token`` provides the login (default: none), ``breaker`` pauses calls while TCS is down, ``wire`` carries requests
    (default: HTTP).
    """

    def __init__(
        self,
        settings: TcsSettings,
        token: TokenSource | None = None,
        breaker: Breaker | None = None,
        wire: Wire | None = None,
    ) -> None:
        self.settings = settings
        self._transport = Transport(
            settings, token or NoToken(), breaker or Breaker(), wire or HttpWire(settings)
        )

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.close()

    def time(self) -> float:
        """Return the time on the clock of ``send_by``: the event loop's, including suspension."""
        return self._transport.clock.time()

    @property
    def stats(self) -> Counter[Counted]:
        """Calls so far by method, endpoint and outcome; ``repeated`` counts attempts after the first."""
        return self._transport.stats

    @property
    def breaker_state(self) -> str:
        """``closed`` while calls are sent, ``open`` while none are, ``half-open`` during a trial."""
        return self._transport.breaker_state

    @property
    def load(self) -> LoadControl:
        """The number of concurrent calls, its limit, and why the limit changed."""
        return self._transport.slots.control

    def is_slow(self) -> bool:
        """Return whether a call in flight is slow."""
        return self._transport.is_slow

    def is_busy(self) -> bool:
        """Return whether calls wait for others to end: more of them would only wait longer."""
        return self._transport.slots.is_full

    def is_refusing(self) -> bool:
        """Return whether no call is sent, because TCS did not respond to the last ones."""
        return self._transport.is_refusing

    def share(self, calls: int, until: float) -> None:
        """Limit the concurrent calls to a share of all processes' budget, up to a time of the event loop's clock."""
        self._transport.slots.share(calls, until)

    async def check(self) -> None:
        """Raise ``NotTcsError`` if something other than TCS responds; an unavailable TCS is not a finding.

        Does nothing once TCS has responded.
        """
        await self._transport.check()

    async def posts_by_npn(self, npns: Iterable[str]) -> dict[str, list[Post]]:
        """Return the posts of each requested national post number, none or several (P1).

        Letter case is ignored only if no post has exactly that number.
        """
        asked = list(dict.fromkeys(npns))
        pieces = (encoded_npn(npn) for npn in asked if npn.strip())
        lists = await _all(self._get(POSTS_IN, f"/api/posts/in/{chunk}", _POSTS) for chunk in packed(pieces))
        exact: dict[str, list[Post]] = {}
        alike: dict[str, list[Post]] = {}
        for post in _once(lists):
            npn = post.national_post_number or ""
            exact.setdefault(npn, []).append(post)
            alike.setdefault(_as_compared(npn), []).append(post)
        return {npn: exact.get(npn) or alike.get(_as_compared(npn), []) for npn in asked}

    async def current_posts(self, text: str) -> AsyncIterator[list[ListedPost]]:
        """Yield the CURRENT posts whose national post number contains a text, a page at a time, by id (P7)."""
        query = f"columnFilters={encoded(_CURRENT)}&searchQuery={encoded(json_body(text).decode())}"
        for page in count():
            path = f"/api/findByNationalPostNumber?{query}&page={page}&size={PAGE_SIZE}&sort=id,asc"
            found = await self._get(POSTS_FOUND, path, _LISTED)
            yield found
            if len(found) < PAGE_SIZE:
                return

    async def post(self, post_id: int, *, send_by: float | None = None) -> Post | None:
        """Return a post with the positions linked to it, or None (P3)."""
        found = await self._transport.find(POST, f"/api/posts/{post_id}", _POST, send_by=send_by)
        return found.value if found else None

    async def placements_of_posts(self, post_ids: Iterable[int]) -> dict[int, list[Placement]]:
        """Return all placements of each post, by id, without ``esr_events`` and NPN (L2)."""
        found: dict[int, list[Placement]] = {post_id: [] for post_id in post_ids}
        for placement in await self._placements("postId", found):
            if placement.post_id in found:
                found[placement.post_id].append(placement)
        return found

    async def placements_of_people(self, person_ids: Iterable[int]) -> dict[int, list[Placement]]:
        """Return all placements of each person, by id, without ``esr_events`` and NPN (L2)."""
        found: dict[int, list[Placement]] = {person_id: [] for person_id in person_ids}
        for placement in await self._placements("traineeId", found):
            if placement.trainee_id in found:
                found[placement.trainee_id].append(placement)
        return found

    async def placement(self, placement_id: int, *, send_by: float | None = None) -> Placement | None:
        """Return a placement with NPN and ``esr_events``, or None (L1)."""
        path = f"/api/placements/{placement_id}"
        found = await self._transport.find(PLACEMENT, path, _PLACEMENT, send_by=send_by)
        return found.value if found else None

    async def people(self, ids: Iterable[int]) -> dict[int, Person]:
        """Return the people that exist in TIS (H2)."""
        chunks = packed(map(str, dict.fromkeys(ids)), most=PEOPLE_AT_ONCE)
        lists = await _all(self._get(PEOPLE_IN, f"/api/people/in/{chunk}", _PEOPLE) for chunk in chunks)
        return {person.id: person for people in lists for person in people}

    async def people_by_gmc(self, numbers: Iterable[str]) -> dict[str, list[int]]:
        """Return the ids of the people with each GMC number; ``UNKNOWN`` and ``N/A`` match nobody (H9)."""
        asked = list(dict.fromkeys(numbers))
        chunks = packed(_identifying(asked))
        lists = await _all(self._get(GMC_IN, f"/api/gmc-details/in/{chunk}", _GMC) for chunk in chunks)
        return _by_number(asked, ((found.gmc_number, found.id) for some in lists for found in some))

    async def people_by_gdc(self, numbers: Iterable[str]) -> dict[str, list[int]]:
        """Return the ids of the people with each GDC number, as ``people_by_gmc`` does (H10)."""
        asked = list(dict.fromkeys(numbers))
        chunks = packed(_identifying(asked))
        lists = await _all(self._get(GDC_IN, f"/api/gdc-details/in/{chunk}", _GDC) for chunk in chunks)
        return _by_number(asked, ((found.gdc_number, found.id) for some in lists for found in some))

    async def training_number(self, person_id: int) -> str | None:
        """Return the national training number of the programme that starts last, if any has one (H13)."""
        path = f"/api/trainee/{person_id}/programme-memberships"
        found = await self._transport.find(MEMBERSHIPS, path, _MEMBERSHIPS)
        numbers = [
            (membership.programme_start_date or date.min, membership.training_number.training_number)
            for membership in (found.value if found else [])
            if membership.training_number and membership.training_number.training_number
        ]
        return max(numbers)[1] if numbers else None

    async def patch_contact_details(
        self, person_id: int, changes: Mapping[str, str], *, send_by: float | None = None
    ) -> None:
        """Change the given fields (TCS's names) only; ``""`` clears one (W1)."""
        body = json_body({**changes, "id": person_id})
        await self._transport.call(
            CONTACT, f"/api/contact-details/{person_id}", _STORED, body, send_by=send_by
        )

    async def patch_personal_details(
        self, person_id: int, changes: Mapping[str, str], *, send_by: float | None = None
    ) -> None:
        """Change the given fields (TCS's names) only (W2)."""
        body = json_body({**changes, "id": person_id})
        await self._transport.call(
            PERSONAL, f"/api/personal-details/{person_id}", _STORED, body, send_by=send_by
        )

    async def absence(self, attendance_id: str, *, send_by: float | None = None) -> Absence | None:
        """Return an absence by ESR's id of it, or None (A2)."""
        if not attendance_id.strip():
            return None
        path = f"/api/absence/absenceId/{encoded(attendance_id)}"
        found = await self._transport.find(ABSENCE_OF_ESR, path, _ABSENCE, send_by=send_by)
        return found.value if found else None

    async def create_absence(self, absence: Absence, *, send_by: float | None = None) -> Absence:
        """Store a new absence, which has no ``id`` yet (A3). Raises ``TcsUncertainError``, see ``tcs_errors``."""
        answer = await self._transport.call(
            ABSENCE_NEW, "/api/absence", _ABSENCE, json_body(absence), send_by=send_by
        )
        return answer.value

    async def patch_absence(
        self, absence_id: int, changes: Mapping[str, Any], *, send_by: float | None = None
    ) -> Absence:
        """Change the given fields (TCS's names); None clears one (A5).

        ``changes`` has the ``amendedDate`` that was read. Raises ``TcsConflictError`` if the absence was changed since;
        after a timeout that change may have been ours, so compare before retrying. Raises ``TcsNotFoundError`` if it no
        longer exists.
        """
        body = json_body({**changes, "id": absence_id})
        answer = await self._transport.call(
            ABSENCE_CHANGE, f"/api/absence/{absence_id}", _ABSENCE, body, send_by=send_by
        )
        return answer.value

    async def post_esr_exported(
        self, placement_id: int, event: Mapping[str, Any], *, send_by: float | None = None
    ) -> bool:
        """Append that a placement was sent to ESR; False if it no longer exists (L3).

        May raise ``TcsUncertainError``.
        """
        path = f"/api/placements/{placement_id}/esr-exported"
        return (
            await self._transport.find(ESR_EXPORTED, path, _STORED, json_body(event), send_by=send_by)
            is not None
        )

    async def post_esr_changed(
        self, post_id: int, event: Mapping[str, Any], *, send_by: float | None = None
    ) -> bool:
        """Append that a position was linked or deleted; False if the post no longer exists (P6).

        May raise ``TcsUncertainError``.
        """
        path = f"/api/posts/{post_id}/esr-changed"
        return (
            await self._transport.find(ESR_CHANGED, path, _STORED, json_body(event), send_by=send_by)
            is not None
        )

    async def _get(self, endpoint: Endpoint, path: str, shape: Shape[T]) -> T:
        return (await self._transport.call(endpoint, path, shape)).value

    async def _placements(self, attribute: str, ids: Iterable[int]) -> list[Placement]:
        filters = placement_filters(attribute, ids)
        return _once(await _all(self._all_pages(columns) for columns in filters))

    async def _all_pages(self, columns: str) -> list[Placement]:
        """Read all pages; start again once if rows are missing because pages shifted."""
        found, total = await self._page(columns, 0)
        for _ in range(3):
            pages = await _all(self._page(columns, page) for page in range(1, -(-total // PAGE_SIZE)))
            found = _once([found, *(page for page, _ in pages)])
            if len(found) >= (pages[-1][1] if pages else total):
                return found
            found, total = await self._page(columns, 0)
        told = f"gave {len(found)} of {counted(total, 'placement')} in its pages"
        raise TcsUnreadableError(PLACEMENTS_FILTER.method, PLACEMENTS_FILTER.path, told, status=200)

    async def _page(self, columns: str, page: int) -> tuple[list[Placement], int]:
        path = f"/api/placements/filter?columnFilters={columns}&page={page}&size={PAGE_SIZE}&sort=id,asc"
        answer = await self._transport.call(PLACEMENTS_FILTER, path, _PLACEMENTS)
        total = answer.reply.header("X-Total-Count") or ""
        if not total.isdecimal():
            told = "answered 200 without the number of placements in X-Total-Count"
            raise TcsUnreadableError(PLACEMENTS_FILTER.method, PLACEMENTS_FILTER.path, told, status=200)
        return answer.value, int(total)


async def _all(calls: Iterable[Awaitable[T]]) -> list[T]:
    """Return all results in order; raises the first failure when all calls have ended."""
    results: list[T] = []
    for ended in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended
        results.append(ended)
    return results


IdentifiedT = TypeVar("IdentifiedT", Post, Placement)


def _once(lists: Iterable[Iterable[IdentifiedT]]) -> list[IdentifiedT]:
    """Return each record once, by id: chunks with numbers that differ only in case return it twice."""
    return list({record.id: record for some in lists for record in some}.values())


def _as_compared(text: str) -> str:
    """Return the text as TCS's database compares it: in any letter case, without trailing blanks."""
    return text.rstrip(" ").casefold()


def _identifying(numbers: Iterable[str]) -> list[str]:
    """Return those numbers that can belong to one person."""
    stripped = (number.strip() for number in numbers)
    return [number for number in stripped if number.isalnum() and number.upper() not in NOT_A_NUMBER]


def _by_number(asked: Iterable[str], found: Iterable[tuple[str | None, int]]) -> dict[str, list[int]]:
    people: dict[str, list[int]] = {}
    for number, person_id in found:
        if number:
            people.setdefault(_as_compared(number), []).append(person_id)
    return {number: people.get(_as_compared(number.strip()), []) for number in asked}
