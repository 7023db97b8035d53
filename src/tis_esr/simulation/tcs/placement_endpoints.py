"""Placements (contract 2.2): L1, L2, L3 and, to seed the next day, L4 and L5."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import msgspec
from aiohttp import web

from tis_esr.simulation.tcs.dto_store import Store
from tis_esr.simulation.tcs.responses import error, json, not_found, page, server_error

_DECORATION = (
    "traineeFirstName",
    "traineeLastName",
    "traineeGmcNumber",
    "nationalPostNumber",
    "owner",
    "specialties",
)


def routes(store: Store) -> list[web.RouteDef]:  # noqa: C901 - one closure an endpoint
    """Return the endpoints."""
    event_ids = count(1)

    async def one(request: web.Request) -> web.Response:
        placement = store.placements.get(int(request.match_info["id"]))
        if placement is None:
            return not_found()
        post = store.posts.get(placement.get("postId") or 0) or {}
        events = store.placement_events.get(placement["id"], [])
        return json({**placement, "nationalPostNumber": post.get("nationalPostNumber"), "esrEvents": events})

    async def filtered(request: web.Request) -> web.Response:
        try:
            filters = msgspec.json.decode(request.query["columnFilters"], type=dict[str, list[str]])
            rows = _matching(store, filters)
        except (KeyError, ValueError, msgspec.DecodeError):
            return server_error()
        rows.sort(key=lambda row: row["id"])
        name, _, direction = request.query.get("sort", "id,asc").partition(",")
        rows.sort(key=lambda row: (row.get(name) is not None, row.get(name)), reverse=direction == "desc")
        return page(request, [{**row, **dict.fromkeys(_DECORATION), "esrEvents": None} for row in rows])

    async def exported(request: web.Request) -> web.Response:
        placement_id, body = int(request.match_info["id"]), await request.json()
        if placement_id not in store.placements:
            return not_found()
        if any(body.get(name) is None for name in ("exportedAt", "filename", "positionNumber", "positionId")):
            return server_error()
        event = {name: body[name] for name in ("filename", "positionNumber", "positionId")}
        moment = _moment(body["exportedAt"])
        store.placement_events.setdefault(placement_id, []).append(
            {**event, "exportedAt": moment, "placementId": None, "status": "EXPORTED"}
        )
        row = {"id": next(event_ids), "eventDateTime": moment, **event, "status": "EXPORTED"}
        return json({**row, "placement": store.placements[placement_id]})

    async def save(request: web.Request) -> web.Response:
        placement = await request.json()
        if not 0 <= (placement.get("wholeTimeEquivalent") or 0) <= 1:
            told = "WholeTimeEquivalent should be between 0 and 1"
            field = {"objectName": "PlacementDTO", "field": "wholeTimeEquivalent", "message": told}
            return error(400, "error.validation", fields=[field])
        before = store.placements.get(placement.get("id"), {})
        if (
            before
            and placement.get("postId") != before.get("postId")
            and placement["id"] in store.placement_events
        ):
            told = "National Post Number can't be edited for Placement exported to ESR"
            field = {"objectName": "PlacementDTO", "field": "nationalPostNumber", "message": told}
            return error(400, "error.validation", fields=[field])
        store.put_placement({**before, **placement})
        return json(store.placements[placement["id"]], 201 if request.method == "POST" else 200)

    async def delete(request: web.Request) -> web.Response:
        placement_id = int(request.match_info["id"])
        if placement_id not in store.placements:
            return error(400, "Bad request", f"No Placement found for id: [{placement_id}]")
        store.remove_placement(placement_id)
        return web.Response()

    return [
        web.get("/placements/filter", filtered),
        web.get("/placements/{id:[0-9]+}", one),
        web.post("/placements/{id:[0-9]+}/esr-exported", exported),
        web.post("/placements", save),
        web.put("/placements", save),
        web.delete("/placements/{id:[0-9]+}", delete),
    ]


def _matching(store: Store, filters: dict[str, list[str]]) -> list[dict[str, Any]]:
    """Return the placements that meet every filter; dates take exactly two, and both days count."""
    rest = dict(filters)
    indexed = next((name for name in ("postId", "traineeId") if name in rest), None)
    if indexed:
        wanted = dict.fromkeys(int(value) for value in rest.pop(indexed))
        rows = [row for number in wanted for row in store.placements_by(indexed, number)]
    else:
        rows = list(store.placements.values())
    for name, values in rest.items():
        if name in {"dateFrom", "dateTo"}:
            first, last = (_day(value) for value in values)
            rows = [row for row in rows if row.get(name) and first <= row[name] <= last]
        else:
            folded = {value.casefold() for value in values}
            rows = [row for row in rows if str(row.get(name)).casefold() in folded]
    return rows


def _day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _moment(given: str | int) -> str:
    """Return a moment as TCS writes it; it may come in milliseconds since 1970. A text stays as it is."""
    if isinstance(given, str):
        return given
    return datetime.fromtimestamp(given / 1000, UTC).isoformat(timespec="milliseconds")
