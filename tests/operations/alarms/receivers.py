"""Receivers of alarms on loopback: a web server and a mail server, which answer as a test says."""

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.alarms.notice import Notice


def a_notice(**changes: object) -> Notice:
    usual: dict[str, object] = {
        "id": "file-gap:RMT@1@1", "what": "RAISED", "alarm": "file-gap:RMT", "kind": "file-gap",
        "severity": Severity.WARNING, "title": "WARNING raised: file-gap", "text": "2 files of RMT did not arrive",
        "consequence": "affects EOE, LDN", "members": ["EOE-RMT-7", "LDN-RMT-9"], "number": 2,
        "since": datetime(2026, 11, 24, 14, tzinfo=UTC), "at": datetime(2026, 11, 24, 14, 30, tzinfo=UTC),
        "who_acts": "support", "to_do": ["`tis-esr files` names them."],
        "runbook": "https://docs.example/runbooks/file-gap.md",
    }  # fmt: skip
    return Notice(**{**usual, **changes})  # type: ignore[arg-type]


@dataclass
class WebServer:
    """Answers each request with the next of ``answers``, then with 200; None never answers."""

    address: str = ""
    answers: list[int | None] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    followed: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        status = self.answers.pop(0) if self.answers else 200
        if status is None:
            await self.stop.wait()
            status = 200
        headers = {"Location": "/elsewhere"} if status // 100 == 3 else {}
        return web.Response(status=status, headers=headers)

    async def elsewhere(self, _: web.Request) -> web.Response:
        self.followed += 1
        return web.Response()


@asynccontextmanager
async def web_server(*answers: int | None) -> AsyncIterator[WebServer]:
    server = WebServer(answers=list(answers))
    app = web.Application()
    app.router.add_route("*", "/hook", server.take)
    app.router.add_route("*", "/elsewhere", server.elsewhere)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.address = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield server
    finally:
        server.stop.set()
        await runner.cleanup()


@dataclass
class MailServer:
    """Speaks enough of SMTP to take messages; ``refuses`` are addresses that it rejects, ``answer`` ends a message.

    With ``tls`` it offers STARTTLS, or (``is_implicit``) is encrypted from the start. With ``login`` it asks for this user
    and password, by one of the ``methods``. ``said`` are the commands that it got, each with whether they were encrypted.
    """

    port: int = 0
    answer: str = "250 OK"
    refuses: tuple[str, ...] = ()
    silent: bool = False
    tls: ssl.SSLContext | None = None
    is_implicit: bool = False
    login: tuple[str, str] | None = None
    methods: str = "PLAIN"
    messages: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    said: list[tuple[str, bool]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.silent:
                await reader.read()
                return
            await self._talk(reader, writer)
        except (OSError, ssl.SSLError):  # the client did not trust the certificate
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_secure = self.is_implicit

        def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())

        say("220 loopback")
        while line := (await reader.readline()).decode().strip():
            verb = line.split(":")[0].split(" ")[0].upper()
            self.said.append((verb, is_secure))
            if verb == "EHLO":
                offers = ["STARTTLS"] if self.tls is not None and not is_secure else []
                offers += [f"AUTH {self.methods}"] if self.login else []
                lines = ["loopback", *offers]
                for place, text in enumerate(lines, 1):
                    say(f"250{' ' if place == len(lines) else '-'}{text}")
            elif verb == "STARTTLS" and self.tls is not None:
                say("220 go on")
                await writer.drain()
                await writer.start_tls(self.tls)
                is_secure = True
            elif verb == "AUTH":
                given = b64decode(line.split(" ")[2]).decode().split("\0")[1:]
                say("235 OK" if given == list(self.login or ()) else "535 5.7.8 no")
            elif verb == "DATA":
                say("354 go on")
                self.messages.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                say(self.answer)
            elif verb == "RCPT":
                address = line.split("<")[1].split(">")[0]
                say("550 no such mailbox" if address in self.refuses else "250 OK")
                self.recipients.append(address)
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 OK")


@asynccontextmanager
async def mail_server(**options: object) -> AsyncIterator[MailServer]:
    mail = MailServer(**options)  # type: ignore[arg-type]
    tls = mail.tls if mail.is_implicit else None
    server = await asyncio.start_server(mail.serve, "127.0.0.1", 0, ssl=tls)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()
