"""The posts of TIS, with and without positions, and the positions of ESR with their posts.

Positions are in the store; which posts exist, and what they are called, only TIS knows: TCS is asked for the current
posts whose number has the codes of the filters, a page of 2,000 at a time.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.reports.report import Filters, Value, parts_of
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.models import ListedPost

POST_COLUMNS = (
    "post_number", "office", "trust", "specialty", "specialty_name", "grade", "grade_name", "site", "state",
    "positions", "deleted_positions",
)  # fmt: skip
POSITION_COLUMNS = (
    "deanery", "position_id", "position_number", "post_number", "office", "trust", "specialty", "grade", "state",
    "post_id", "other_posts",
)  # fmt: skip
WITH, WITHOUT, DELETED = "with position", "without position", "only deleted positions"
_AT_ONCE = 500
Row = dict[str, Value]


async def posts(
    state: Reader,
    tcs: Tcs,
    filters: Filters,
    *,
    without_position: bool,
    advance: Callable[[int], None] = lambda _: None,
) -> list[Row]:
    """Return the current posts of TIS by number, each of several with one number; only those without a position that is not deleted, if wanted.

    ``advance`` is called with the number of posts of each page. Raises TcsError.
    """
    found: dict[int, ListedPost] = {}
    for text in _searches(filters):
        async for page in tcs.current_posts(text):
            advance(len(page))
            for post in page:
                number = post.national_post_number or ""
                if filters.matches(number) and _is_of(number, filters.deaneries):
                    found[post.id] = post
    listed = sorted(found.values(), key=lambda post: (post.national_post_number or "", post.id))
    positions = _positions(state, sorted({post.national_post_number or "" for post in listed}))
    rows = (_post_row(post, positions.get(post.national_post_number or "", [])) for post in listed)
    return [row for row in rows if not (without_position and row["state"] == WITH)]


def _searches(filters: Filters) -> list[str]:
    """Return what a post's number has to contain; TCS looks for one text, so the rest is sorted out here."""
    trust = f"{filters.trust}/" if filters.trust else ""
    if len(filters.deaneries) == len(DEANERIES):
        return [f"/{trust}"]
    return [f"{deanery}/{trust}" for deanery in filters.deaneries]


def _is_of(number: str, deaneries: Sequence[str]) -> bool:
    return len(deaneries) == len(DEANERIES) or number.partition("/")[0] in deaneries


def _positions(state: Reader, numbers: Sequence[str]) -> dict[str, list[Position]]:
    by_number: dict[str, list[Position]] = {}
    for at in range(0, len(numbers), _AT_ONCE):
        for position in state.find(POSITIONS, {"deanery_number": numbers[at : at + _AT_ONCE]}):
            by_number.setdefault(position.deanery_number, []).append(position)
    return by_number


def _post_row(post: ListedPost, positions: Iterable[Position]) -> Row:
    live = [position for position in positions if not position.deleted]
    gone = [position for position in positions if position.deleted]
    return {
        **parts_of(post.national_post_number),
        "specialty_name": post.primary_specialty_name,
        "grade_name": post.approved_grade_name,
        "site": post.primary_site_name or post.primary_site_code,
        "state": WITH if live else DELETED if gone else WITHOUT,
        "positions": _named(live),
        "deleted_positions": _named(gone),
    }


def _named(positions: Iterable[Position]) -> str:
    return "; ".join(str(position.position_number or position.position_id) for position in positions)


def positions(state: Reader, filters: Filters, advance: Callable[[], None] = lambda: None) -> Iterator[Row]:
    """Yield the positions of each deanery by post number; ``advance`` is called after each deanery."""
    for deanery in filters.deaneries:
        found = state.find(POSITIONS, {"deanery": deanery})
        for position in sorted(found, key=lambda one: (one.deanery_number, one.position_id)):
            if filters.matches(position.deanery_number):
                yield _position_row(position)
        advance()


def _position_row(position: Position) -> Row:
    return {
        **parts_of(position.deanery_number),
        "deanery": position.deanery,
        "position_id": position.position_id,
        "position_number": position.position_number,
        "state": "deleted" if position.deleted else (position.status or "not reconciled").lower(),
        "post_id": position.post_id,
        "other_posts": "; ".join(map(str, position.other_post_ids)),
    }
