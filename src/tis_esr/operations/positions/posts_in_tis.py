"""The current posts of one office in TIS, with and without positions in ESR."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.reports.posts import DELETED, WITH, posts
from tis_esr.operations.reports.report import Filters, Value
from tis_esr.operations.why.in_tis import NOT_ASKED
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.tcs_errors import TcsError


class PostState(StrEnum):
    """Whether a post has a position in ESR that is not deleted."""

    WITH = "WITH"
    WITHOUT = "WITHOUT"
    ONLY_DELETED = "ONLY_DELETED"


_STATES = {WITH: PostState.WITH, DELETED: PostState.ONLY_DELETED}


class ListedPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post of TIS with its codes and names; ``positions`` are the numbers of its positions, ``deleted`` of deleted ones.

    Several posts may have one number: ``place`` is which of them it is, from 1.
    """

    post_number: str
    trust: str
    specialty: str
    grade: str
    specialty_name: str
    grade_name: str
    site: str
    state: PostState
    positions: str
    deleted: str
    place: int = 1

    @property
    def key(self) -> str:
        """Return what no other post of the list has."""
        return f"{self.post_number}:{self.place}"


class PostList(msgspec.Struct, frozen=True, kw_only=True):
    """The current posts of an office; ``trouble`` says why TIS has not answered, "" if it has."""

    deanery: str
    posts: list[ListedPost]
    trouble: str


async def post_list(reader: Reader, tcs: Tcs | None, deanery: str) -> PostList:
    """Return the current posts of an office by number. Errors of TCS are reported, not raised."""
    if tcs is None:
        return PostList(deanery=deanery, posts=[], trouble=NOT_ASKED)
    try:
        found = await posts(reader, tcs, Filters(deaneries=[deanery]), without_position=False)
    except TcsError as error:
        return PostList(deanery=deanery, posts=[], trouble=str(error))
    return PostList(deanery=deanery, posts=list(_each(found)), trouble="")


def _each(rows: Iterable[dict[str, Value]]) -> Iterator[ListedPost]:
    seen: Counter[Value] = Counter()
    for row in rows:
        seen[row["post_number"]] += 1
        yield _listed(row, seen[row["post_number"]])


def _listed(row: dict[str, Value], place: int) -> ListedPost:
    names = (
        "post_number",
        "trust",
        "specialty",
        "grade",
        "specialty_name",
        "grade_name",
        "site",
        "positions",
    )
    return ListedPost(
        **{name: str(row[name] or "") for name in names},
        state=_STATES.get(str(row["state"]), PostState.WITHOUT),
        deleted=str(row["deleted_positions"] or ""),
        place=place,
    )
