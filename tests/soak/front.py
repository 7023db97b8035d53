"""What stands before TCS in production: TLS, and logins with tokens. Its certificate and the client's secret can be renewed while it runs."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An invented authority")])
_TOKEN_SECONDS = 3
_PASSED = {"Accept", "Content-Type", "Retry-After"}


class Authority:
    """A certificate authority of the test's own, and the certificates that it signs; ``file`` is what clients trust."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._key, self.issued = folder, ec.generate_private_key(ec.SECP256R1()), 0
        own = self._certificate(_NAME, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self) -> Path:
        """Return a file with a new key and certificate for this machine."""
        self.issued += 1
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tcs {self.issued}")])
        found = self._certificate(name, key).add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self._folder / f"tcs {self.issued}.pem"
        path.write_bytes(
            secret + found.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        )
        return path

    def _certificate(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(_NAME).public_key(key.public_key())
        )
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))


class Front:
    """Serves TCS over TLS to whoever has a valid token, and gives tokens for the client's secret."""

    def __init__(self, behind: str, folder: Path) -> None:
        self.authority = Authority(folder)
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.behind, self.secret, self.is_down = behind, "invented-secret-1", False
        self.granted, self.refused, self.calls = 0, 0, 0
        self._tokens: dict[str, float] = {}
        self._connections: set[asyncio.BaseTransport] = set()
        self.loop = asyncio.new_event_loop()
        self.url = ""
        self.renew_certificate()

    def renew_certificate(self) -> None:
        """Present a new certificate on new connections, and close the open ones."""
        self.tls.load_cert_chain(self.authority.issue())
        self.loop.call_soon_threadsafe(self.disconnect)

    def disconnect(self) -> None:
        """Close every connection."""
        for transport in self._connections:
            transport.abort() if isinstance(transport, asyncio.Transport) else transport.close()
        self._connections.clear()

    async def grant(self, request: web.Request) -> web.Response:
        """Give a token for the secret in force."""
        form = await request.post()
        if form.get("client_secret") != self.secret:
            self.refused += 1
            return web.json_response({"error": "invalid_client"}, status=401)
        self.granted += 1
        token = f"token-{self.granted}"
        self._tokens[token] = asyncio.get_running_loop().time() + _TOKEN_SECONDS
        return web.json_response(
            {"access_token": token, "expires_in": _TOKEN_SECONDS, "token_type": "Bearer"}
        )

    async def forward(self, request: web.Request) -> web.Response:
        """Pass a call to TCS if its token is valid."""
        self._note(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        now = asyncio.get_running_loop().time()
        self._tokens = {one: until for one, until in self._tokens.items() if until > now}
        if self.is_down:
            return web.Response(status=503)
        if token not in self._tokens:
            return web.Response(status=401)
        self.calls += 1
        headers = {name: value for name, value in request.headers.items() if name in _PASSED}
        url = f"{self.behind}{request.rel_url}"
        body = await request.read()
        async with self._session.request(request.method, url, data=body or None, headers=headers) as answer:
            kept = {
                name: value
                for name, value in answer.headers.items()
                if name in _PASSED or name.startswith("X-")
            }
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    def _note(self, request: web.Request) -> None:
        if request.transport is not None:
            self._connections = {one for one in self._connections if not one.is_closing()} | {
                request.transport
            }

    async def start(self) -> web.AppRunner:
        """Listen on a free port."""
        self._session = aiohttp.ClientSession()
        app = web.Application()
        app.router.add_post("/token", self.grant)
        app.router.add_route("*", "/{path:.*}", self.forward)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self.tls).start()
        self.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def stop(self, runner: web.AppRunner) -> None:
        """Close everything."""
        await self._session.close()
        await runner.cleanup()


@contextmanager
def fronted(tcs_url: str, folder: Path) -> Iterator[Front]:
    """Serve TCS over TLS for as long as the block lasts."""
    front = Front(tcs_url.removesuffix("/tcs"), folder)
    thread = threading.Thread(target=front.loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(front.start(), front.loop).result()
    try:
        yield front
    finally:
        asyncio.run_coroutine_threadsafe(front.stop(runner), front.loop).result()
        front.loop.call_soon_threadsafe(front.loop.stop)
        thread.join()
        front.loop.close()
