"""Placements (contract 2.2): L1, L2, L3 and, to seed the next day, L4 and L5."""

from typing import Any

import msgspec
from aiohttp import web

from tis_esr.tcs.simulator.answers import error, json, not_found, page, server_error
from tis_esr.tcs.simulator.store import Store

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
        return page(request, [{**row, **dict.fromkeys(_DECORATION), "esrEvents": None} for row in rows])

    async def exported(request: web.Request) -> web.Response:
        placement_id, body = int(request.match_info["id"]), await request.json()
        if placement_id not in store.placements:
            return not_found()
        if any(body.get(name) is None for name in ("exportedAt", "filename", "positionNumber", "positionId")):
            return server_error()
        event = {name: body[name] for name in ("exportedAt", "filename", "positionNumber", "positionId")}
        store.placement_events.setdefault(placement_id, []).append(
            {**event, "placementId": None, "status": "EXPORTED"}
        )
        return json({**event, "eventDateTime": event["exportedAt"], "status": "EXPORTED"})

    async def save(request: web.Request) -> web.Response:
        placement = await request.json()
        before = store.placements.get(placement.get("id"), {})
        if (
            before
            and placement.get("postId") != before.get("postId")
            and placement["id"] in store.placement_events
        ):
            return error(
                400, "error.validation", "National Post Number can't be edited for Placement exported to ESR"
            )
        store.put_placement({**before, **placement})
        return json(store.placements[placement["id"]], 201 if request.method == "POST" else 200)

    async def delete(request: web.Request) -> web.Response:
        placement_id = int(request.match_info["id"])
        if store.placements.pop(placement_id, None) is None:
            return error(400, "Bad request", f"No Placement found for id: [{placement_id}]")
        store.placement_events.pop(placement_id, None)
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
    if len(text) != len("2026-11-24"):
        raise ValueError("no date")
    return text
