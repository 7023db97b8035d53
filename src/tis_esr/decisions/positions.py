"""Builds a position from its newest POR and POS rows, and chooses its post in TIS."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

import msgspec

from tis_esr.decisions.position_view import PositionView
from tis_esr.decisions.versions import Stamp, is_superseded
from tis_esr.tcs.models import Post

LEAD_EMPLOYER = "Lead Employer"
HOST_EMPLOYER = "Host Employer"


def _wire_name(name: str) -> str:
    special = {"position_id": "positionID", "employing_org_vpd_code": "employingOrgVPDCode"}
    first, *rest = name.split("_")
    return special.get(name, first + "".join(part.capitalize() for part in rest))


class PositionRow(msgspec.Struct, frozen=True, kw_only=True, rename=_wire_name, omit_defaults=True):
    """A POR or POS row by the interface's field names; fields of the other type are empty."""

    position_id: int
    deanery_number: str
    change_delete_indicator: str | None = None
    position_number: int | None = None
    position_title: str | None = None
    managing_office: str | None = None
    ods_code: str | None = None
    host_lead_indicator: str | None = None
    employing_org_vpd_code: str | None = None
    esr_organisation: str | None = None
    esr_location: str | None = None
    occupation_code: str | None = None
    area_of_work: str | None = None
    grade_desc: str | None = None
    workplace_org: str | None = None


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row with its stamp, and the deanery and name of its file."""

    stamp: Stamp
    deanery: str
    file: str
    values: PositionRow


def leading(por: SourceRow | None, pos: SourceRow | None) -> SourceRow:
    """Return the row that determines the position's post: the one of the newer file; within one file the POR, which is the relation, while the POS adds details."""
    if por is None or pos is None:
        known = por or pos
        if known is None:
            raise ValueError("a position has at least a POR or a POS row")
        return known
    return pos if _file_of(pos) > _file_of(por) else por


def is_deleted(por: SourceRow | None, pos: SourceRow | None) -> bool:
    """Return whether ESR has deleted the position: ``D`` on either row of its newest file (T_POR04, T_POS04)."""
    newest = _file_of(leading(por, pos))
    return any(
        row is not None and _file_of(row) == newest and row.values.change_delete_indicator == "D"
        for row in (por, pos)
    )


def _file_of(row: SourceRow) -> tuple[date, int]:
    return row.stamp.day, row.stamp.sequence


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """A position number, and the stamp of its row."""

    stamp: Stamp
    number: int


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One deanery's claim on a position: its newest POR and POS row, and the newest number of any row."""

    por: SourceRow | None = None
    pos: SourceRow | None = None
    numbered: Numbered | None = None

    @property
    def lead(self) -> SourceRow:
        """Return the row that determines the position's post."""
        return leading(self.por, self.pos)

    @property
    def ended(self) -> bool:
        """Return whether the deanery's newest file has deleted the position."""
        return is_deleted(self.por, self.pos)


S = TypeVar("S", SourceRow, Numbered)
Claims = Mapping[str, Claim]
"""The claims on one position, by deanery."""


def with_row(claims: Claims, source: str, row: SourceRow) -> Claims | None:
    """Return the claims with a ``por`` or ``pos`` row added to its deanery's; None if newer rows supersede all of it."""
    claim = claims.get(row.deanery, Claim())
    known: SourceRow | None = getattr(claim, source)
    is_old = is_superseded(row.stamp, known.stamp if known else None)
    numbered = _newer_number(claim.numbered, row)
    if is_old and numbered == claim.numbered:
        return None
    after = msgspec.structs.replace(claim, numbered=numbered, **({} if is_old else {source: row}))
    return {**claims, row.deanery: after}


def _newer_number(known: Numbered | None, row: SourceRow) -> Numbered | None:
    number = row.values.position_number
    if not number or is_superseded(row.stamp, known.stamp if known else None):
        return known
    return Numbered(stamp=row.stamp, number=number)


def position_number(claims: Claims) -> int | None:
    """Return the number of the leading row, or else the newest number of any row; None if there is none.

    A blank number states nothing: only ``D`` ends a position, and only another number replaces one.
    """
    claim = leading_claim(claims)
    known = claim.numbered or _newest(other.numbered for other in claims.values())
    return claim.lead.values.position_number or (known.number if known else None)


def leading_claim(claims: Claims) -> Claim:
    """Return the leading claim: the newest that was not ended, else the newest that was.

    A ``D`` ends its own deanery's claim only, so on a day on which a position moves from one deanery to another
    it belongs to the one that sends ``C``, whatever their files' sequences.
    """
    known = list(claims.values())
    return known[0] if len(known) == 1 else max(known, key=lambda c: (not c.ended, c.lead.stamp))


def view(claims: Claims, post_id: int | None) -> PositionView:
    """Combine the claims: the post from the leading claim, other fields from any row that has them."""
    claim = leading_claim(claims)
    lead = claim.lead
    por = claim.por or _newest(other.por for other in claims.values())
    pos = claim.pos or _newest(other.pos for other in claims.values())
    values, p = lead.values, por.values if por else None
    return PositionView(
        position_id=values.position_id,
        position_number=position_number(claims),
        deanery_number=values.deanery_number,
        deanery=lead.deanery,
        host_lead=p.host_lead_indicator if p else None,
        employing_vpd=p.employing_org_vpd_code if p else None,
        ods_code=(p.ods_code if p else None) or values.ods_code,
        esr_location=p.esr_location if p else None,
        occupation_code=pos.values.occupation_code if pos else None,
        post_id=post_id,
        sources=sources(claims),
    )


def sources(claims: Claims) -> list[str]:
    """Return the rows in the claims, as ``file:row``, in order."""
    rows = (row for claim in claims.values() for row in (claim.por, claim.pos) if row is not None)
    return sorted(f"{row.file}:{row.stamp.row}" for row in rows)


def _newest(stamped: Iterable[S | None]) -> S | None:
    return max((one for one in stamped if one is not None), key=lambda one: one.stamp, default=None)


def choose_post(posts: Iterable[Post]) -> tuple[Post | None, list[int]]:
    """Choose among the posts with one NPN: status CURRENT first, then the newest id; name the others."""
    ranked = sorted(posts, key=lambda post: (post.status == "CURRENT", post.id), reverse=True)
    return (ranked[0], [post.id for post in ranked[1:]]) if ranked else (None, [])
