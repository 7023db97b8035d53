"""Where spans are sent to: the collector's address, and OpenTelemetry's variables that count."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from tis_esr.errors import Exit, TisEsrError

ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
HEADERS: Final = "OTEL_EXPORTER_OTLP_HEADERS"
CERTIFICATE: Final = "OTEL_EXPORTER_OTLP_CERTIFICATE"
SERVICE_NAME: Final = "OTEL_SERVICE_NAME"
_PATH: Final = "/v1/traces"
_DEFAULT: Final = "http://localhost:4318"
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class BadCollectorError(TisEsrError):
    """One of OpenTelemetry's variables is not usable."""

    exit_code = Exit.USAGE


@dataclass(frozen=True)
class Destination:
    """A collector: its URL for traces, the headers of requests, the file of its CA's certificate, and our service's name."""

    url: str
    headers: Mapping[str, str]
    ca_file: str | None
    service: str


def destination(endpoint: str | None, variables: Mapping[str, str]) -> Destination:
    """Return where spans go: to ``endpoint``, the collector's base URL, or else where OpenTelemetry's ``variables`` say.

    Of those, ENDPOINT, HEADERS, CERTIFICATE and SERVICE_NAME count and no other. Raises BadCollectorError, which never
    quotes a value: they may be secret.
    """
    base = endpoint or variables.get(ENDPOINT) or _DEFAULT
    if reason := misfit_reason(base):
        raise BadCollectorError(f"{ENDPOINT} {reason}")
    ca_file = variables.get(CERTIFICATE) or None
    if ca_file is not None and not Path(ca_file).is_file():
        raise BadCollectorError(f"{CERTIFICATE} is not the name of a file")
    return Destination(
        f"{base.rstrip('/')}{_PATH}",
        _headers(variables.get(HEADERS, "")),
        ca_file,
        variables.get(SERVICE_NAME) or "tis-esr",
    )


def misfit_reason(base: str) -> str:
    """Return why a text is not a collector's base URL, without quoting it; "" if it is."""
    try:
        parts = urlsplit(base)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in ("http", "https") or re.search(r"\s", base):
        return "is not an address; write http://HOST:4318"
    if "@" in parts.netloc:
        return f"contains a user or a password; put a token into {HEADERS}"
    if "?" in base or "#" in base:
        return "contains a query or a fragment; write http://HOST:4318"
    if parts.path.rstrip("/").endswith(_PATH):
        return f"ends in {_PATH}, which is added to it; write the address without it"
    return ""


def _headers(text: str) -> dict[str, str]:
    """Read headers as OpenTelemetry writes them: ``name=value,name=value``, values percent-encoded."""
    found = {}
    for pair in filter(None, (each.strip() for each in text.split(","))):
        name, is_pair, value = pair.partition("=")
        value = unquote(value.strip())
        if (
            not is_pair
            or not _HEADER.fullmatch(name.strip())
            or not (value.isascii() and value.isprintable())
        ):
            raise BadCollectorError(f"{HEADERS} is not a list such as name=value,name=value")
        found[name.strip().lower()] = value
    return found
