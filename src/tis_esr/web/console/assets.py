"""The stylesheet, scripts and images, under an address that changes with their content, so that browsers keep them."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_KEPT: Final = "public, max-age=31536000, immutable"
STYLE: Final = "console-all.css"
"""The design system's stylesheet and ours in one: the first paint waits for one file."""
_STYLES: Final = ("nhsuk-frontend.css", "console.css")
_SMALL: Final = 1024


@dataclass(frozen=True)
class Asset:
    """A file as it is sent; ``zipped`` is None if that saves nothing."""

    type: str
    body: bytes
    zipped: bytes | None


@dataclass(frozen=True)
class Assets:
    """All files by their names, and the ``folder`` under which they are served."""

    by_name: dict[str, Asset]
    folder: str


@cache
def assets() -> Assets:
    """Read and compress the files, once a process."""
    root = files(__package__) / "static"
    found = {item.name: item.read_bytes() for item in root.iterdir() if item.is_file()}
    found |= {f"images/{item.name}": item.read_bytes() for item in (root / "images").iterdir()}
    found[STYLE] = b"\n".join(found.pop(name) for name in _STYLES)
    digest = hashlib.sha256()
    for name, body in sorted(found.items()):
        digest.update(name.encode() + body)
    by_name = {name: _asset(name, body) for name, body in found.items()}
    return Assets(by_name, f"/static/{digest.hexdigest()[:16]}")


def _asset(name: str, body: bytes) -> Asset:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    is_text = kind.startswith("text/") or "svg" in kind
    zipped = gzip.compress(body, mtime=0) if is_text and len(body) > _SMALL else None
    return Asset(f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, body, zipped)


async def serve(request: Request) -> Response:
    """Return a file, to be kept indefinitely; 404 for an unknown one and for those of another version of this program."""
    asset = assets().by_name.get(request.path_params["name"])
    if asset is None or not request.url.path.startswith(f"{assets().folder}/"):
        raise HTTPException(404)
    headers = {"Cache-Control": _KEPT, "Vary": "Accept-Encoding"}
    if asset.zipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.zipped, media_type=asset.type, headers=headers)
    return Response(asset.body, media_type=asset.type, headers=headers)
