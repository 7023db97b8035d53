"""People (contract 2.3): H1, H2, H5, H6, H9, H10, H11, H13, W1 and W2."""

from typing import Any

from aiohttp import web

from tis_esr import wall_clock
from tis_esr.simulation.tcs.dto_store import Store
from tis_esr.simulation.tcs.post_endpoints import latest_end_first, summary, view
from tis_esr.simulation.tcs.responses import json, not_found, server_error

_PATCHABLE = {
    "contactDetails": frozenset(
        [
            "address1",
            "address2",
            "address3",
            "address4",
            "email",
            "forenames",
            "initials",
            "knownAs",
            "legalForenames",
            "legalSurname",
            "maidenName",
            "mobileNumber",
            "postCode",
            "surname",
            "telephoneNumber",
            "title",
            "country",
            "workEmail",
        ]
    ),
    "personalDetails": frozenset(
        [
            "sexualOrientation",
            "religiousBelief",
            "nationality",
            "nationalInsuranceNumber",
            "maritalStatus",
            "gender",
            "ethnicOrigin",
            "dualNationality",
            "disability",
            "disabilityDetails",
            "dateOfBirth",
        ]
    ),
}


def routes(store: Store) -> list[web.RouteDef]:
    """Return the endpoints."""

    async def one(request: web.Request) -> web.Response:
        person = store.people.get(int(request.match_info["id"]))
        return json(person) if person else not_found()

    async def several(request: web.Request) -> web.Response:
        parts = [part for part in request.match_info["ids"].rstrip("/").split(",") if part]
        if not parts or not all(part.isdecimal() for part in parts):
            return server_error()
        ids = map(int, parts)
        return json([store.people[number] for number in dict.fromkeys(ids) if number in store.people])

    async def placements(request: web.Request) -> web.Response:
        rows = latest_end_first(store.placements_by("traineeId", int(request.match_info["id"])))
        return json([view(row) for row in rows])

    async def summaries(request: web.Request) -> web.Response:
        rows = latest_end_first(store.placements_by("traineeId", int(request.match_info["id"])))
        return json([summary(store, row) for row in rows])

    async def memberships(request: web.Request) -> web.Response:
        person = store.people.get(int(request.match_info["id"])) or {}
        return json(person.get("programmeMemberships") or [])

    return [
        web.get("/people/{id:[0-9]+}", one),
        web.get("/people/in/{ids:.*}", several),
        web.get("/people/{id:[0-9]+}/placements", placements),
        web.get("/people/{id:[0-9]+}/placements/new", summaries),
        web.get("/trainee/{id:[0-9]+}/programme-memberships", memberships),
        *(_registrations(store, "gmc")),
        *(_registrations(store, "gdc")),
        *(_details(store, "contact-details", "contactDetails")),
        *(_details(store, "personal-details", "personalDetails")),
    ]


def _registrations(store: Store, kind: str) -> list[web.RouteDef]:
    async def with_numbers(request: web.Request) -> web.Response:
        numbers = [part for part in request.match_info["numbers"].rstrip("/").split(",") if part]
        if not numbers:
            return server_error()
        return json(
            [details for number in dict.fromkeys(numbers) for details in store.people_with(kind, number)]
        )

    async def read(request: web.Request) -> web.Response:
        details = store.details(f"{kind}Details", int(request.match_info["id"]))
        return json(details) if details else not_found()

    return [
        web.get(f"/{kind}-details/in/{{numbers:.*}}", with_numbers),
        web.get(f"/{kind}-details/{{id:[0-9]+}}", read),
    ]


def _details(store: Store, path: str, kind: str) -> list[web.RouteDef]:
    async def read(request: web.Request) -> web.Response:
        details = store.details(kind, int(request.match_info["id"]))
        return json(details) if details else not_found()

    async def patch(request: web.Request) -> web.Response:
        """Patch the row of the body's id: what is null stays, nothing is validated, an unknown id is echoed."""
        body: dict[str, Any] = await request.json()
        if body.get("id") is None:
            return server_error()
        details = store.details(kind, body["id"])
        if details is None:
            return json(body, 400)
        details.update(
            {name: value for name, value in body.items() if value is not None and name in _PATCHABLE[kind]}
        )
        if isinstance(details.get("disability"), str) and details["disability"].upper() in {"YES", "NO"}:
            details["disability"] = details["disability"].upper()
        details["amendedDate"] = wall_clock.now().replace(tzinfo=None).isoformat(timespec="milliseconds")
        return json(details)

    return [web.get(f"/{path}/{{id:[0-9]+}}", read), web.patch(f"/{path}/{{id:[0-9]+}}", patch)]
