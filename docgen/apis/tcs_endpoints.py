"""``docs/reference/openapi-tcs.json``: the part of TCS that is used, from the client's endpoints and the records that it reads."""

import inspect
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from docgen.apis.openapi_page import page as rendered
from tis_esr.tcs import endpoints, models
from tis_esr.tcs.endpoints import Endpoint

Json = dict[str, Any]

_DESCRIPTION = """\
What tis-esr asks of TCS, the core service of TIS: the requests that it sends and the fields that it reads. TCS has more of both. \
Fields that are not listed are ignored, and every field but the id may be missing. A proxy or a firewall in front of TCS has to let these requests through.
"""
_OPENING = """# The part of TCS that is used

The same as [OpenAPI 3.1](openapi-tcs.json), for tools. [Load on TCS](../how-to/load-on-tcs.md) says how often TCS is called; `tis-esr tcs-simulator` serves these requests on generated data."""
_AT: Final = "#/components/schemas/{name}"

_LISTED: Final = {
    "page": "The page, from 0.",
    "size": "Records a page, at most 2,000.",
    "sort": "Always `id,asc`.",
}
_FILTER: Final = {"columnFilters": "JSON of the accepted values by column."}


@dataclass(frozen=True)
class Use:
    """How an endpoint is used: for what, with which query and body, and what is read of the response."""

    endpoint: Endpoint
    summary: str
    read: Any = None
    body: Any = None
    query: tuple[tuple[str, str], ...] = ()


USES: Final = (
    Use(endpoints.POSTS_IN, "Posts by their national post numbers.", list[models.Post]),
    Use(
        endpoints.POSTS_FOUND,
        "Current posts whose national post number contains a text, a page at a time.",
        list[models.ListedPost],
        query=(
            *_FILTER.items(),
            ("searchQuery", "A part of the post number, as JSON text."),
            *_LISTED.items(),
        ),
    ),
    Use(endpoints.POST, "One post, with the positions that are linked to it.", models.Post),
    Use(
        endpoints.ESR_CHANGED,
        "Record that a position was linked to a post (RECONCILED) or is gone (DELETED).",
        body=models.PostEsrEvent,
    ),
    Use(
        endpoints.PLACEMENTS_FILTER,
        "The placements of posts (`postId`) or of people (`traineeId`), a page at a time; `X-Total-Count` has their number.",
        list[models.Placement],
        query=(*_FILTER.items(), *_LISTED.items()),
    ),
    Use(
        endpoints.PLACEMENT,
        "One placement, with its post number and what was sent to ESR about it.",
        models.Placement,
    ),
    Use(
        endpoints.ESR_EXPORTED,
        "Record that a placement was sent to ESR in an applicant file.",
        body=models.PlacementEsrEvent,
    ),
    Use(endpoints.PEOPLE_IN, "People by id.", list[models.Person]),
    Use(endpoints.GMC_IN, "People by GMC number.", list[models.GmcDetails]),
    Use(endpoints.GDC_IN, "People by GDC number.", list[models.GdcDetails]),
    Use(
        endpoints.MEMBERSHIPS,
        "The programme memberships of a person, for the national training number.",
        list[models.ProgrammeMembership],
    ),
    Use(
        endpoints.CONTACT,
        "Change contact details: the fields that are given, and no others.",
        body=models.ContactDetails,
    ),
    Use(
        endpoints.PERSONAL,
        "Change personal details: the fields that are given, and no others.",
        body=models.PersonalDetails,
    ),
    Use(endpoints.ABSENCE_OF_ESR, "The absence with ESR's id.", models.Absence),
    Use(endpoints.ABSENCE_NEW, "Add an absence, which has no id of TIS yet.", models.Absence, models.Absence),
    Use(
        endpoints.ABSENCE_CHANGE,
        "Change an absence; `amendedDate` is the one that was read, and 409 says that there is a newer one.",
        models.Absence,
        models.Absence,
    ),
)


def document() -> Json:
    """Return the OpenAPI document."""
    kinds = [kind for use in USES for kind in (use.read, use.body) if kind is not None]
    _, schemas = msgspec.json.schema_components(kinds, ref_template=_AT)
    paths: dict[str, Json] = {}
    for use in USES:
        paths.setdefault(use.endpoint.path, {})[use.endpoint.method.lower()] = _operation(use)
    return {
        "openapi": "3.1.0",
        "info": {"title": "TCS, as tis-esr uses it", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": "http://localhost:8093/tcs", "description": "TIS_ESR_TCS_URL."}],
        "paths": paths,
        "components": {
            "schemas": {name: _read(schema) for name, schema in sorted(schemas.items())},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
    }


def page() -> str:
    """Return the page."""
    return rendered(document(), _OPENING)


def _operation(use: Use) -> Json:
    operation: Json = {
        "operationId": re.sub(r"\W+", "-", f"{use.endpoint.method.lower()}{use.endpoint.path}").strip("-"),
        "summary": use.summary,
        "x-permission": use.endpoint.permission,
        "responses": {
            "200": {"description": "Done.", **_content(use.read)},
            **(
                {"404": {"description": "There is none: a normal response."}} if use.endpoint.may_miss else {}
            ),
        },
    }
    named = re.findall(r"{(\w+)}", use.endpoint.path)
    parameters = [_parameter(name, "path", _in_path(name)) for name in named]
    parameters += [_parameter(name, "query", meaning) for name, meaning in use.query]
    if parameters:
        operation["parameters"] = parameters
    if use.body is not None:
        operation["requestBody"] = {"required": True, **_content(use.body)}
    return operation


def _in_path(name: str) -> str:
    if name == "npns":
        return "National post numbers with commas between them, each encoded twice."
    return "One or several, with commas between them." if name.endswith("s") else "One."


def _parameter(name: str, place: str, meaning: str) -> Json:
    kind = {"type": "integer"} if name in {"id", "page", "size"} else {"type": "string"}
    return {"name": name, "in": place, "required": True, "description": meaning, "schema": kind}


def _content(kind: Any) -> Json:
    if kind is None:
        return {}
    schema = msgspec.json.schema_components([kind], ref_template=_AT)[0][0]
    return {"content": {"application/json": {"schema": schema}}}


def _read(schema: Json) -> Json:
    """Return a schema as its description reads on every Python, without the defaults of a field that is missing."""
    described = " ".join(inspect.cleandoc(schema.get("description", "")).split()).replace("``", "`")
    fields = {
        name: {key: value for key, value in each.items() if key != "default"}
        for name, each in schema["properties"].items()
    }
    return {**schema, "description": described, "properties": fields}
