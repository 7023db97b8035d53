"""Posts (contract 2.1): P1, P2, P3, P4, P5, P6, P7 and, to seed the next day, P8."""

from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

import msgspec
from aiohttp import web

from tis_esr.simulation.tcs.dto_store import Store
from tis_esr.simulation.tcs.responses import error, json, not_found, page, server_error

_LONGEST_HISTORY = 1000
_VIEW = [
    "id",
    "intrepidId",
    "status",
    "traineeId",
    "traineeFirstName",
    "traineeLastName",
    "traineeGmcNumber",
    "postId",
    "siteId",
    "siteCode",
    "siteName",
    "gradeId",
    "gradeAbbreviation",
    "gradeName",
    "dateFrom",
    "dateTo",
    "placementType",
    "lifecycleState",
]


def routes(store: Store) -> list[web.RouteDef]:  # noqa: C901 - one closure an endpoint
    """Return the endpoints."""

    async def with_npns(request: web.Request) -> web.Response:
        # The path arrives decoded once; each element is decoded again, so a slash has to come encoded twice.
        listed = request.match_info["npns"].removesuffix("/")
        if "/" in listed:
            return not_found()
        npns = [unquote_plus(part) for part in listed.split(",")]
        if not any(npns):
            return server_error()
        posts = {post["id"]: post for npn in npns if npn for post in store.posts_with(npn)}
        return json(
            [{**post, "placementHistory": None, "currentReconciledEvents": None} for post in posts.values()]
        )

    async def light(request: web.Request) -> web.Response:
        posts = [post for npn in await request.json() for post in store.posts_with(npn)]
        rows = [
            {name: post.get(name) for name in ("id", "nationalPostNumber", "status", "owner")}
            for post in posts
        ]
        answer = page(request, rows)
        del answer.headers["X-Total-Count"], answer.headers["Link"]
        return answer

    async def found(request: web.Request) -> web.Response:
        text = msgspec.json.decode(request.query.get("searchQuery", '""'), type=str).casefold()
        filters = msgspec.json.decode(request.query.get("columnFilters", "{}"), type=dict[str, list[str]])
        wanted = filters.get("status")
        rows = [
            _listed(post)
            for number, post in sorted(store.posts.items())
            if text in (post.get("nationalPostNumber") or "").casefold()
            and (wanted is None or post.get("status") in wanted)
        ]
        return page(request, rows)

    async def one(request: web.Request) -> web.Response:
        post = store.posts.get(int(request.match_info["id"]))
        if post is None:
            return not_found()
        return json({**post, "currentReconciledEvents": store.reconciled_events(post["id"])})

    async def placements(request: web.Request) -> web.Response:
        rows = latest_end_first(store.placements_by("postId", int(request.match_info["id"])))
        return json([view(row) for row in rows])

    async def summaries(request: web.Request) -> web.Response:
        rows = latest_end_first(store.placements_by("postId", int(request.match_info["id"])))[
            :_LONGEST_HISTORY
        ]
        return json([summary(store, row) for row in rows])

    async def changed(request: web.Request) -> web.Response:
        post_id, body = int(request.match_info["id"]), await request.json()
        if post_id not in store.posts:
            return not_found()
        if any(
            body.get(name) is None for name in ("eventDateTime", "positionNumber", "positionId", "status")
        ):
            return server_error()
        if body["status"] not in {"RECONCILED", "DELETED"}:
            return error(400, "error.validation")
        datetime.fromisoformat(body["eventDateTime"])
        event = {
            name: body.get(name)
            for name in ("eventDateTime", "filename", "positionNumber", "positionId", "status")
        }
        store.add_post_event({**event, "postId": post_id})
        return json({**event, "postId": None})

    async def save(request: web.Request) -> web.Response:
        post = await request.json()
        store.put_post(post)
        return json(post, 201 if request.method == "POST" else 200)

    return [
        web.get("/posts/in/{npns:.*}", with_npns),
        web.post("/posts/filter/deanery", light),
        web.get("/findByNationalPostNumber", found),
        web.get("/posts/{id:[0-9]+}", one),
        web.get("/posts/{id:[0-9]+}/placements", placements),
        web.get("/posts/{id:[0-9]+}/placements/new", summaries),
        web.post("/posts/{id:[0-9]+}/esr-changed", changed),
        web.post("/posts", save),
        web.put("/posts", save),
    ]


def _listed(post: dict[str, Any]) -> dict[str, Any]:
    """Return a PostViewDTO, without trainees."""
    names = ("id", "nationalPostNumber", "status", "owner", "intrepidId")
    site: dict[str, Any] = next(
        (one for one in post.get("sites") or () if one.get("postSiteType") == "PRIMARY"), {}
    )
    grade: dict[str, Any] = next(
        (one for one in post.get("grades") or () if one.get("postGradeType") == "APPROVED"), {}
    )
    return {
        **{name: post.get(name) for name in names},
        "primarySiteId": site.get("siteId"),
        "primarySiteCode": f"S{site['siteId']}" if site else None,
        "primarySiteName": f"Invented Site {site['siteId']}" if site else None,
        "approvedGradeId": grade.get("gradeId"),
        "approvedGradeName": f"Invented Grade {grade['gradeId']}" if grade else None,
        "primarySpecialtyName": None,
        "currentTraineeSurname": None,
    }


def summary(store: Store, placement: dict[str, Any]) -> dict[str, Any]:
    """Return a PlacementSummaryDTO: names in TCS's own spelling, no lifecycle state, no site code."""
    contact = store.details("contactDetails", placement.get("traineeId") or 0) or {}
    post = store.posts.get(placement.get("postId") or 0) or {}
    return {
        "placementId": placement["id"],
        "dateFrom": placement.get("dateFrom"),
        "dateTo": placement.get("dateTo"),
        "siteId": placement.get("siteId"),
        "placementType": placement.get("placementType"),
        "traineeId": placement.get("traineeId") or 0,
        "forenames": contact.get("forenames"),
        "legalforenames": contact.get("legalForenames"),
        "surname": contact.get("surname"),
        "legalsurname": contact.get("legalSurname"),
        "email": contact.get("email"),
        "gradeAbbreviation": placement.get("gradeAbbreviation"),
        "placementWholeTimeEquivalent": placement.get("wholeTimeEquivalent") or 0.0,
        "postId": placement.get("postId"),
        "nationalPostNumber": post.get("nationalPostNumber"),
        "esrEvents": store.placement_events.get(placement["id"]),
    }


def view(placement: dict[str, Any]) -> dict[str, Any]:
    """Return a PlacementViewDTO: with lifecycle state and site code, without hours and events."""
    return {name: placement.get(name) for name in _VIEW}


def latest_end_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return placements as TCS orders them; those without an end come last."""
    return sorted(rows, key=lambda row: row.get("dateTo") or "", reverse=True)
