"""The console at national size: 20 people over all pages at once, server time by page, and bytes on the wire.

``python -m bench.console`` uses the day of ``bench.questions``, which it runs if it is not kept: 13 deaneries, 60,000 posts,
with applicants sent, and TCS simulated. With ``--production`` the same documents are copied into MongoDB, and read there. The console is a
process of its own; each person opens a page, reads it for ``--think`` seconds, and opens the next one, in an order of their
own. The first round fills caches and is not counted.

Exits with 1 if a page is slower than it may be: MEDIAN at the median, P95 at the 95th percentile; or larger than BYTES,
unless it is a table to save, which has as many rows as there are.
"""

import argparse
import asyncio
import gzip
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import httpx2
from bench.parts import OUT, simulator
from bench.questions import FOLDER, STATE, build, copied

from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.access.accounts import EVERYTHING, Account
from tis_esr.operations.access.sessions import Lifetimes, MemorySessions
from tis_esr.process.garbage_collection import collect_less_often
from tis_esr.services.data_exporter.outbound import APPLICANTS, RecordState
from tis_esr.settings import Settings
from tis_esr.web.console.application import application
from tis_esr.web.console.console import Console
from tis_esr.web.console.opening import opened_for_each
from tis_esr.web.console.pages import PAGES
from tis_esr.web.console.questions import Questions
from tis_esr.web.console.rate_limit import RateLimit
from tis_esr.web.console.remembered import Remembered
from tis_esr.web.console.sign_in.local import LocalSignIn
from tis_esr.web.http_server import served

MEDIAN, P95, BYTES = 0.3, 1.0, 100_000
_NOT_LIMITED = 10**9
_NO_TCS = "http://127.0.0.1:1/tcs"
"""Answers at once that it isn't there."""
Json = dict[str, Any]


def main() -> int:
    """Measure, print, and write ``bench/out/console.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=60_000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="how often each person opens every page")
    parser.add_argument("--think", type=float, default=2.0, help="seconds that a person looks at a page")
    parser.add_argument("--production", action="store_true", help="also on MongoDB")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(_serve(json.loads(given.serve)))
        return 0
    build(given.posts)
    figures: Json = {"posts": given.posts, "people": given.people, "think": given.think}
    engines = ["embedded", "production"] if given.production else ["embedded"]
    with simulator(FOLDER / "tcs") as tcs:
        for engine in engines:
            with console({**_store(engine), "tcs": tcs}) as address:
                figures[engine] = asyncio.run(
                    _people(address, _pages(), given.people, given.rounds, given.think)
                )
            _print(engine, figures[engine])
            (OUT / "console.json").write_text(json.dumps(figures, indent=1) + "\n")
    return (
        1 if any(_faults(path, page) for engine in engines for path, page in figures[engine].items()) else 0
    )


def _store(engine: str) -> Json:
    """Return where the documents are; for the production engine they are copied first."""
    if engine == "embedded":
        return {}
    servers = copied()
    return {"amqp": servers.amqp_url, "mongodb": servers.mongodb_url, "database": servers.database}


def _pages() -> list[str]:
    """Return an address of every page, with what is in the store where a page is about one thing."""
    reader = StateReader(STATE)
    where = {"state": RecordState.EXPORTED.value, "deanery": "LDN"}
    order = ("date_from", "placement_id", "position_id")
    [sent] = reader.find(APPLICANTS, where, order_by=order, limit=1)
    reader.close()
    inbound = max((FOLDER / "in").glob("DE_LDN_*.DAT")).name
    things = {
        "name": inbound, "file": inbound, "deanery": "LDN", "office": "LDN", "type": "APP", "id": "none", "batch": "none",
        "number": "1", "cause": "other", "queue": "none",
    }  # fmt: skip
    found = [
        re.sub(r"{(\w+)(?::\w+)?}", lambda match: things.get(match[1], "none"), page.path)
        for page in PAGES
        if "GET" in page.methods
    ]
    times = "from=2026-11-24T09:00&to=2026-11-24T17:30"
    return [
        *(path for path in found if path != "/procedures/recovery"),
        f"/why?word=placement:{sent.placement_id}",
        f"/why?word=position:{sent.position_id}",
        f"/why?word={quote(sent.deanery_number, safe='')}",
        f"/why?word=file:{inbound}",
        f"/why?word={sent.file}:{sent.file_row}",
        f"/search?word={sent.placement_id}",
        f"/files/{sent.file}",
        f"/files/{inbound}?row=2000",
        f"/outage?{times}",
        f"/procedures/recovery?{times}",
    ]


async def _people(address: str, pages: list[str], people: int, rounds: int, think: float) -> Json:
    """Return, by page, how long it took at the median and the 95th percentile, and its size."""
    seconds: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, tuple[int, int, int]] = {}
    async with httpx2.AsyncClient(timeout=60, follow_redirects=False) as browser:
        await browser.get(address)
        cookies = dict(browser.cookies)
    origin = address.partition("/sign-in")[0]

    async def one(number: int) -> None:
        order = random.Random(number)  # noqa: S311 - of pages
        async with httpx2.AsyncClient(base_url=origin, cookies=cookies, timeout=60) as browser:
            for turn in range(rounds + 1):
                for path in order.sample(pages, len(pages)):
                    await asyncio.sleep(order.uniform(0, 2 * think))
                    began = time.perf_counter()
                    answer = await _answer(browser, path)
                    if turn:
                        seconds[path].append(time.perf_counter() - began)
                    body = answer.content
                    sizes[path] = (answer.status_code, len(body), len(gzip.compress(body)))

    await asyncio.gather(*map(one, range(people)))
    return {
        path: {
            "median": round(median(found), 3),
            "p95": round(sorted(found)[int(len(found) * 0.95)], 3),
            "status": sizes[path][0],
            "bytes": sizes[path][1],
            "gzip": sizes[path][2],
        }
        for path, found in seconds.items()
    }


async def _answer(browser: httpx2.AsyncClient, path: str) -> httpx2.Response:
    """Return the answer; a connection that the server closed meanwhile, because nobody used it, is opened again."""
    try:
        return await browser.get(path)
    except httpx2.RemoteProtocolError:
        return await browser.get(path)


def _faults(path: str, page: Json) -> list[str]:
    limits = {"median": MEDIAN, "p95": P95, **({} if path.endswith(".csv") else {"bytes": BYTES})}
    return [name for name, limit in limits.items() if page[name] > limit]


def _print(engine: str, found: Json) -> None:
    print(f"{engine}\n median    p95    bytes     gzip  page")
    for path, page in sorted(found.items(), key=lambda one: -one[1]["median"]):
        faults = f"  over: {', '.join(_faults(path, page))}" if _faults(path, page) else ""
        print(
            f"{page['median']:7.3f}{page['p95']:7.3f}{page['bytes']:9,}{page['gzip']:9,}  {path} {page['status']}{faults}"
        )


@contextmanager
def console(store: Json) -> Iterator[str]:
    """Run a console as a process of its own, as nice as its systemd unit makes it; yields the address that signs in."""
    words = ["nice", "-n", "10", sys.executable, "-m", "bench.console", "--serve", json.dumps(store)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1])
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        sys.exit("the console did not start")
    # A log that nobody reads stops whoever writes it, once the pipe is full.
    threading.Thread(target=process.stdout.read, daemon=True).start()
    try:
        yield address
    finally:
        process.terminate()
        process.wait()


async def _serve(store: Json) -> None:
    """Serve a store until stopped; print the address that signs in. Searches are not limited: one session is 20 people's."""
    collect_less_often()
    settings = Settings(
        engine="embedded",
        state=STATE,
        inbound=str(FOLDER / "in"),
        outbound=str(FOLDER),
        tcs_url=store.get("tcs", _NO_TCS),
    )
    open_reader: Callable[[], Reader] = partial(StateReader, STATE)
    if "mongodb" in store:
        servers = ServerAddresses(store["amqp"], store["mongodb"], store["database"])
        open_reader = partial(ProductionReader, servers)
    sign_in = LocalSignIn(Account(name="testa.specimen", roles=EVERYTHING), lambda _: None)

    def made(port: int) -> object:
        return application(
            Console(
                settings=settings,
                questions=Questions(open_reader, keep="mongodb" in store),
                runner=opened_for_each(settings),
                sessions=MemorySessions(Lifetimes(), lambda: datetime.now(UTC)),
                sign_in=sign_in,
                origins=(f"http://127.0.0.1:{port}",),
                pages=PAGES,
                searches=RateLimit(_NOT_LIMITED),
                remembered=Remembered(15.0),
            )
        )

    async with served(made, "127.0.0.1", 0, setting="--port") as port:
        print(f"http://127.0.0.1:{port}{sign_in.path}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
