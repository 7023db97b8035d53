"""A report: rows with the columns of its kind, and sums by trust, office, specialty and grade."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from tis_esr import __version__
from tis_esr.decisions.post_numbers import post_number_parts
from tis_esr.errors import UsageError
from tis_esr.operations.reports.kinds import ReportKind

DISCLAIMER = (
    "A snapshot of two systems that change every day. Reconciliation never reaches 100 %: posts without a current"
    " position, positions that ESR sent after the last file, and posts that a trust does not use are always among them."
)
Value = str | int | None


TITLES = {
    ReportKind.POSTS: "Current posts in TIS, with and without positions in ESR",
    ReportKind.POSITIONS: "Positions in ESR, and their posts in TIS",
    ReportKind.INVALID: "Records that can't be sent to ESR until their data are corrected",
    ReportKind.UPDATES: "Person updates from ESR",
    ReportKind.FORECAST: "Applicants in the window, or who reach it soon",
    ReportKind.REJECTIONS: "Records that ESR rejected",
}


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What a report is limited to: codes as in the national post number, "" for all; ``deaneries`` has all by default."""

    deaneries: list[str]
    trust: str = ""
    specialty: str = ""
    grade: str = ""

    def matches(self, number: str | None) -> bool:
        """Return whether a post with this national post number is in the report, apart from its deanery."""
        parts = post_number_parts(number)
        wanted = ((self.trust, parts.trust), (self.specialty, parts.specialty), (self.grade, parts.grade))
        return all(not code or code.casefold() == found.casefold() for code, found in wanted)


class Sum(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows have a value of one dimension (trust, office, specialty or grade; deanery or reason), by state."""

    by: str
    value: str
    rows: int
    states: dict[str, int]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a report with its ``columns``, and the sums over them.

    ``personal`` says that it has personal data; ``for_trust`` that it is fit to give to the trust of its filters.
    ``state`` counts the rows by state.
    """

    kind: ReportKind
    heading: str
    day: date
    version: str
    filters: Filters
    columns: list[str]
    rows: list[dict[str, Value]]
    states: dict[str, int]
    sums: list[Sum]
    personal: bool = False
    for_trust: bool = False
    disclaimer: str = DISCLAIMER


_OF_POSTS = ("trust", "office", "specialty", "grade")
_OF_OTHERS = ("deanery", "reason")
_STATE = "state"


def made(
    kind: ReportKind,
    day: date,
    filters: Filters,
    rows: Sequence[dict[str, Value]],
    columns: Sequence[str],
    *,
    personal: bool = False,
    for_trust: bool = False,
) -> Report:
    """Return a report of rows that each have a ``state``, and the sums over them."""
    return Report(
        kind=kind,
        heading=TITLES[kind],
        day=day,
        version=__version__,
        filters=filters,
        columns=list(columns),
        rows=[{name: row.get(name) for name in columns} for row in rows],
        states=dict(Counter(str(row[_STATE]) for row in rows)),
        sums=_sums(rows, _OF_POSTS if "trust" in columns else _OF_OTHERS),
        personal=personal,
        for_trust=for_trust,
    )


def _sums(rows: Iterable[dict[str, Value]], dimensions: Sequence[str]) -> list[Sum]:
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        for by in dimensions:
            counts.setdefault((by, str(row.get(by) or "(none)")), Counter())[str(row[_STATE])] += 1
    order = {by: place for place, by in enumerate(dimensions)}
    found = sorted(counts.items(), key=lambda one: (order[one[0][0]], -one[1].total(), one[0][1]))
    return [
        Sum(by=by, value=value, rows=states.total(), states=dict(states)) for (by, value), states in found
    ]


def parts_of(number: str | None) -> dict[str, Value]:
    """Return the columns that every report has of a post: its number, and the codes in it."""
    parts = post_number_parts(number)
    return {
        "post_number": number or "",
        "office": parts.office,
        "trust": parts.trust,
        "specialty": parts.specialty,
        "grade": parts.grade,
    }


def refuse(filters: Filters, kind: ReportKind, *, for_trust: bool, personal: bool) -> None:
    """Raise UsageError for what a report can't be."""
    if for_trust and not filters.trust:
        raise UsageError("--for-trust", "needs --trust CODE: a trust is given only what is its own")
    if for_trust and personal:
        raise UsageError("--personal", "can't be combined with --for-trust, which has no personal data")
    if kind is ReportKind.UPDATES and (filters.trust or filters.specialty or filters.grade):
        given = "--trust" if filters.trust else "--specialty" if filters.specialty else "--grade"
        raise UsageError(given, "person updates are not stored by post; limit them with --deanery")
