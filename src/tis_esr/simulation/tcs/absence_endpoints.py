"""Absences (contract 2.4): A1 to A5, with ``amendedDate`` as the version of a row."""

from datetime import date, datetime
from typing import Any

from aiohttp import web

from tis_esr import wall_clock
from tis_esr.simulation.tcs.dto_store import Store
from tis_esr.simulation.tcs.responses import error, json, not_found, server_error, stale
from tis_esr.simulation.tcs.switches import Misbehaviour

_LONGEST_ID = 10
_PATCHABLE = ("absenceAttendanceId", "durationInDays", "startDate", "endDate")


def routes(store: Store, misbehaviour: Misbehaviour) -> list[web.RouteDef]:  # noqa: C901 - one closure an endpoint
    """Return the endpoints."""

    async def one(request: web.Request) -> web.Response:
        absence = store.absences.get(int(request.match_info["id"]))
        return json(absence) if absence else not_found()

    async def by_attendance_id(request: web.Request) -> web.Response:
        if not request.match_info["attendance"].strip():
            return error(400, "Bad request", "The absence attendance id must not be blank")
        absence = store.absence_with(request.match_info["attendance"])
        return json(absence) if absence else not_found()

    async def create(request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("id") is not None:
            return error(400, "Bad request", "The id on absence must be null to create")
        if _breaks_the_key(store, body, None) or body.get("personId") not in store.people:
            return server_error()
        return json(store.add_absence({**body, "amendedDate": _now()}))

    async def replace(request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("id") is None:
            return error(400, "Bad request", "The id on absence must be null to update")
        known = store.absences.get(body["id"])
        if known is None or body.get("amendedDate") is None or body.get("personId") not in store.people:
            return server_error()
        if not _same_moment(body["amendedDate"], known["amendedDate"]):
            return stale()
        if _breaks_the_key(store, body, known):
            return server_error()
        store.change_absence(known, {name: body.get(name) for name in _PATCHABLE} | {"amendedDate": _now()})
        return json(known)

    async def patch(request: web.Request) -> web.Response:
        """Patch by the body's id, else by ESR's: keys that are there count, null clears, the version must fit."""
        body: dict[str, Any] = await request.json()
        known = store.absences.get(body["id"]) if isinstance(body.get("id"), int) else None
        known = known or store.absence_with(body.get("absenceAttendanceId") or "")
        if known is None:
            return not_found()
        try:
            changes = {name: _checked(name, body[name]) for name in _PATCHABLE if name in body}
            current = _same_moment(body.get("amendedDate") or "", known["amendedDate"])
        except ValueError:
            return server_error()
        if not current or misbehaviour.makes_stale():
            return stale()
        if "absenceAttendanceId" in changes and _breaks_the_key(store, changes, known):
            return server_error()
        store.change_absence(known, {**changes, "amendedDate": _now()})
        return json(known)

    return [
        web.get("/absence/{id:[0-9]+}", one),
        web.get("/absence/absenceId/{attendance}", by_attendance_id),
        web.post("/absence", create),
        web.put("/absence/{id:[0-9]+}", replace),
        web.patch("/absence/{id:[0-9]+}", patch),
    ]


def _checked(name: str, value: Any) -> Any:
    if name in {"startDate", "endDate"} and value is not None:
        date.fromisoformat(value)
    if name == "durationInDays" and not isinstance(value, int | None):
        raise ValueError("no number of days")
    return value


def _breaks_the_key(store: Store, body: dict[str, Any], known: dict[str, Any] | None) -> bool:
    """Return whether the database refuses ESR's id: it must be there, short, and of this row alone."""
    attendance = body.get("absenceAttendanceId")
    if not attendance or len(attendance) > _LONGEST_ID:
        return True
    other = store.absence_with(attendance)
    return other is not None and other is not known


def _same_moment(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) == datetime.fromisoformat(other)


def _now() -> str:
    return wall_clock.now().replace(tzinfo=None).isoformat(timespec="milliseconds")
