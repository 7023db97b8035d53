"""Why ESR may have quarantined an APP file that it never answered: faults of its rows that cause it, likeliest first."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from tis_esr.counted import counted
from tis_esr.decisions.file_packing import MOST_A_POST
from tis_esr.decisions.quarantine import applicant_misfit_reason

_SHOWN = 5


class SentRow(Protocol):
    """The parts of a row that can cause a quarantine."""

    @property
    def file_row(self) -> int | None:
        """Return its number among the data rows, from 1."""
        ...

    @property
    def position_id(self) -> int:
        """Return ESR's id of the position."""
        ...

    @property
    def deanery_number(self) -> str:
        """Return the post number."""
        ...

    @property
    def same_as(self) -> str:
        """Return what ESR identifies an applicant by."""
        ...

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the columns by name; empty once they are purged."""
        ...


def suspected_causes(rows: Sequence[SentRow], deleted: Collection[int]) -> list[str]:
    """Return the likely causes of a quarantine; ``deleted`` are positions that ESR has deleted since or before.

    Known causes: too many applicants for one post, an applicant twice, a deleted position, a value that is not valid for
    its column.
    """
    posts = _by(rows, lambda row: row.deanery_number.strip())
    people = _by(rows, lambda row: row.same_as)
    return [
        *(
            f"{counted(len(some), 'applicant')} for post {post}; ESR accepts {MOST_A_POST} in one file"
            for post, some in posts.items()
            if len(some) > MOST_A_POST
        ),
        *(
            f"rows {_listed(some)} are the same person for the same position and start"
            for some in people.values()
            if len(some) > 1
        ),
        *(
            f"row {_number(row)}: ESR deleted position {row.position_id}"
            for row in rows
            if row.position_id in deleted
        ),
        *_misfits(rows),
    ]


def _misfits(rows: Iterable[SentRow]) -> Iterator[str]:
    for row in rows:
        if row.fields and (reason := applicant_misfit_reason(row.fields)):
            yield f"row {_number(row)}: {reason}"


def _by(rows: Iterable[SentRow], key: Any) -> dict[str, list[SentRow]]:
    found: dict[str, list[SentRow]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def _listed(rows: Sequence[SentRow]) -> str:
    numbers = [str(_number(row)) for row in rows]
    return ", ".join(numbers[:_SHOWN]) + (", ..." if len(numbers) > _SHOWN else "")


def _number(row: SentRow) -> int:
    return row.file_row or 0
