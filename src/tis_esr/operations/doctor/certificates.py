"""TLS certificates that are about to expire: of RabbitMQ, MongoDB, TCS and its login, and the S3 server.

Host keys of SFTP do not expire.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography import x509
from pymongo.asynchronous.uri_parser import parse_uri
from pymongo.errors import PyMongoError

from tis_esr import wall_clock
from tis_esr.counted import counted
from tis_esr.engine.production.server_checks import AMQP, MONGODB, Finding
from tis_esr.operations.configured_stores import secret_text
from tis_esr.operations.doctor.check import not_checked
from tis_esr.settings import Settings

DAYS_BEFORE: Final = 30
_SECONDS: Final = 10.0
_PORTS: Final = {"https": 443, "amqps": 5671}


class TlsServer(msgspec.Struct, frozen=True):
    """A server that is called with TLS, and the setting that names it."""

    setting: str
    host: str
    port: int


class Certificate(msgspec.Struct, frozen=True):
    """When a server's certificate is valid."""

    server: TlsServer
    begins: datetime
    ends: datetime


async def check(settings: Settings) -> list[Finding]:
    """Read the certificate of each server that is called with TLS."""
    found = []
    now = wall_clock.now()
    for server in [*tls_servers(settings), *await _of_mongodb(settings)]:
        certificate = await read(server)
        if certificate is None:
            found.append(not_checked(server.setting, f"the certificate of {server.host}:{server.port}"))
        else:
            found += findings(certificate, now)
    return found


def tls_servers(settings: Settings) -> list[TlsServer]:
    """Return the servers whose addresses begin with ``https`` or ``amqps``."""
    return list(_of_urls(settings))


async def read(server: TlsServer) -> Certificate | None:
    """Return the certificate that a server presents, also a self-signed one; None if it can't be reached."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(
                server.host, server.port, ssl=context, server_hostname=server.host
            )
        presented = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()
    except (OSError, TimeoutError, ValueError):
        return None
    certificate = x509.load_der_x509_certificate(presented)
    return Certificate(server, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


def findings(certificate: Certificate, now: datetime) -> list[Finding]:
    """Return the finding about a certificate that is not valid, or not for DAYS_BEFORE days more."""
    server = certificate.server
    of = f"the certificate of {server.host}:{server.port}"
    remedy = "have its administrators renew it"
    if now < certificate.begins:
        return [Finding(server.setting, f"{of} is valid only from {certificate.begins:%d %b %Y}", remedy)]
    left = certificate.ends - now
    if left < timedelta():
        return [Finding(server.setting, f"{of} expired on {certificate.ends:%d %b %Y}", remedy)]
    if left < timedelta(days=DAYS_BEFORE):
        return [
            Finding(
                server.setting,
                f"{of} expires on {certificate.ends:%d %b %Y}, in {counted(left.days, 'day')}",
                remedy,
            )
        ]
    return []


def _of_urls(settings: Settings) -> Iterator[TlsServer]:
    urls = {
        "TIS_ESR_TCS_URL": settings.tcs_url,
        "TIS_ESR_TCS_TOKEN_URL": settings.tcs_token_url,
        "TIS_ESR_S3_ENDPOINT": settings.s3_endpoint,
        AMQP: secret_text(settings.amqp_url),
        "TIS_ESR_AMQP_MANAGEMENT_URL": secret_text(settings.amqp_management_url),
    }
    for setting, url in urls.items():
        parts = urlsplit(url or "")
        if parts.scheme in _PORTS and parts.hostname:
            yield TlsServer(setting, parts.hostname, parts.port or _PORTS[parts.scheme])


async def _of_mongodb(settings: Settings) -> list[TlsServer]:
    url = secret_text(settings.mongodb_url)
    if url is None:
        return []
    try:
        parsed = await parse_uri(url)
    except (PyMongoError, ValueError):
        return []
    if not parsed["options"].get("tls"):
        return []
    return [TlsServer(MONGODB, host, port) for host, port in parsed["nodelist"] if port]
