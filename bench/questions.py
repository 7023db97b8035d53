"""How long the ten questions of an operator and the forecast take at national size: 60,000 posts, 272,000 rows.

Builds one national day on the embedded engine (kept in ``bench/out/questions``, and used again), and asks each question
three times, each time with a newly opened store. ``--production`` copies the state into MongoDB and asks there too.
Ends with 1 where the median of an answer is longer than a second, or than two on MongoDB.
"""

import argparse
import asyncio
import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import msgspec
import pymongo
from bench.parts import OUT, command, rows_in, simulator
from tests.servers import place

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.collection import Collection
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.embedded.schema import make_collections, open_state, table
from tis_esr.engine.production.mongodb.documents import field_value
from tis_esr.engine.production.mongodb.schema import SCHEMA_VERSION, wanted_indexes
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.coming_applicants import Horizon
from tis_esr.operations.composition import crons
from tis_esr.operations.deadlines import deadlines
from tis_esr.operations.forecast import Step, forecast
from tis_esr.operations.ledger import ledger
from tis_esr.operations.outage import outage
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.making import make_report
from tis_esr.operations.reports.report import Filters
from tis_esr.operations.why.explain import explain
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import APPLICANTS, RecordState
from tis_esr.settings import Settings
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.wall_clock import LONDON

FOLDER = OUT / "questions"
STATE = FOLDER / "state.sqlite"
AS_OF = date(2026, 11, 24)
TIMES = 3
LIMITS = {"embedded": 1.0, "production": 2.0}
_AT_ONCE = 2000
Json = dict[str, Any]


def main() -> int:
    """Ask, print, and write ``bench/out/questions.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=60_000)
    parser.add_argument("--production", action="store_true", help="also on MongoDB")
    given = parser.parse_args()
    build(given.posts)
    figures: Json = {"posts": given.posts, "rows": rows_in(FOLDER / "in")}
    with simulator(FOLDER / "tcs") as url:
        figures["embedded"] = asyncio.run(asked(lambda: StateReader(STATE), url))
        if given.production:
            addresses = copied()
            figures["production"] = asyncio.run(asked(lambda: ProductionReader(addresses), url))
    (OUT / "questions.json").write_text(json.dumps(figures, indent=1) + "\n")
    too_slow = [
        (engine, question)
        for engine, limit in LIMITS.items()
        for question, seconds in figures.get(engine, {}).items()
        if seconds > limit
    ]
    for engine in LIMITS.keys() & figures.keys():
        for question, seconds in figures[engine].items():
            print(f"{engine:10}  {seconds:6.3f} s  {question}")
    print(f"{figures['rows']:,} rows; slower than the limit: {too_slow or 'none'}")
    return 1 if too_slow else 0


def build(posts: int) -> None:
    """Run a national day, unless it is kept from an earlier run with as many posts."""
    mark = FOLDER / "posts"
    if mark.exists() and mark.read_text() == str(posts):
        with closing(open_state(STATE)) as state:
            make_collections(state, ALL_COLLECTIONS)  # those that are newer than the kept state
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    many = ("--deaneries", "13", "--posts", str(posts))
    command("synthesize", *many, "--out", str(FOLDER), "--as-of", str(AS_OF))
    with simulator(FOLDER / "tcs") as url:
        folders = ("--in", str(FOLDER / "in"), "--out", str(FOLDER / "out"))
        day = ("day", *folders, "--tcs", url, "--as-of", str(AS_OF), "--state", str(STATE))
        command(*day, codes=(0, 1))
    mark.write_text(str(posts))


def copied() -> ServerAddresses:
    """Copy the state into an empty MongoDB database, with its indexes; return where it is."""
    servers = place()
    database = servers.emptied()
    client: pymongo.MongoClient[Json] = pymongo.MongoClient(servers.mongodb_url)
    target = client[database]
    for name, indexes in wanted_indexes(ALL_COLLECTIONS).items():
        if indexes:
            target[name].create_indexes(indexes)
    with closing(open_state(STATE, read_only=True)) as state:
        for collection in ALL_COLLECTIONS:
            _copy(target[collection.name], _documents(state, collection))
        _copy(target["engine.rows"], _rows(state))
        _copy(target["engine.inbox"], _messages(state))
    target["engine.schema"].replace_one({"_id": "version"}, {"version": SCHEMA_VERSION}, upsert=True)
    client.close()
    return ServerAddresses(servers.amqp_url, servers.mongodb_url, database)


def _copy(target: Any, documents: Iterator[Json]) -> None:
    some: list[Json] = []
    for document in documents:
        some.append(document)
        if len(some) == _AT_ONCE:
            target.insert_many(some, ordered=False)
            some = []
    if some:
        target.insert_many(some, ordered=False)


def _documents(state: sqlite3.Connection, collection: Collection[Any]) -> Iterator[Json]:
    query = f"SELECT key, version, body, written_on FROM {table(collection)}"  # noqa: S608 - from declarations
    for key, version, body, written_on in state.execute(query):
        document = msgspec.json.decode(body, type=collection.type)
        beside = {name: getattr(document, name) for name in (*collection.searched, *collection.counted)}
        yield {
            "_id": key,
            "version": version,
            "document": body.decode() if isinstance(body, bytes) else body,
            "written_on": written_on,
            **{name: field_value(value) for name, value in beside.items() if value is not None},
        }


def _rows(state: sqlite3.Connection) -> Iterator[Json]:
    for file, row, type_, kind, reason in state.execute("SELECT file, row, type, state, reason FROM rows"):
        yield {
            "_id": f"{file}:{row}",
            "file": file,
            "row": row,
            "type": type_,
            "state": kind,
            "reason": reason,
        }


def _messages(state: sqlite3.Connection) -> Iterator[Json]:
    names = (
        "queue",
        "id",
        "correlation_id",
        "source_file",
        "deanery",
        "row",
        "last_row",
        "attempts",
        "handled_on",
    )
    query = f"SELECT {', '.join(names)}, created FROM messages WHERE state = 'done'"  # noqa: S608 - from declarations
    for *values, created in state.execute(query):
        entry = dict(zip(names, values, strict=True))
        yield {"_id": f"{entry['queue']}|{entry['id']}", **entry, "handled": created, "state": "done"}


@dataclass
class Asking:
    """What the questions are about: a sent applicant, its file, and the store and TCS that answer."""

    reader: Reader
    tcs: Tcs
    placement: int
    position: int
    file: str
    row: int
    inbound: str
    trust: str


async def asked(open_reader: Callable[[], Reader], tcs_url: str) -> dict[str, float]:
    """Return the median of the seconds of three answers to each question; print the slowest."""
    figures: dict[str, float] = {}
    async with Tcs(TcsSettings(tcs_url)) as tcs:
        for question, ask in QUESTIONS.items():
            seconds = []
            for _ in range(TIMES):
                with closing(open_reader()) as chosen:
                    about = _about(chosen, tcs)
                with closing(open_reader()) as reader:
                    about.reader = reader
                    started = time.perf_counter()
                    await ask(about)
                    seconds.append(time.perf_counter() - started)
            figures[question] = round(median(seconds), 3)
            print(f"{max(seconds):6.3f} s at most  {question}")
    return figures


def _about(reader: Reader, tcs: Tcs) -> Asking:
    where = {"state": RecordState.EXPORTED.value, "deanery": "LDN"}
    order = ("date_from", "placement_id", "position_id")
    [sent] = reader.find(APPLICANTS, where, order_by=order, limit=1)
    if sent.file is None or sent.file_row is None:
        sys.exit("no applicant was sent; build the state again")
    inbound = max((FOLDER / "in").glob("DE_LDN_*.DAT")).name
    trust = sent.deanery_number.split("/")[1]
    return Asking(reader, tcs, sent.placement_id, sent.position_id, sent.file, sent.file_row, inbound, trust)


async def _why(about: Asking, word: str) -> None:
    found = await explain(about.reader, word, AS_OF, tcs=about.tcs)
    if not found.known:
        sys.exit(f"{word} is not known")


async def _posts(about: Asking) -> None:
    filters = Filters(deaneries=list(DEANERIES), trust=about.trust)
    await make_report(
        about.reader, ReportKind.POSTS, filters, AS_OF, window=ApplicantWindow(), weeks=13, tcs=about.tcs,
        without_position=True,
    )  # fmt: skip


async def _outage(about: Asking) -> None:
    start = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 13, tzinfo=LONDON)
    schedule = crons(Settings())
    end = start + timedelta(hours=3)
    outage(about.reader, start, end, today=AS_OF, window=ApplicantWindow(), crons=schedule)


async def _files(about: Asking) -> None:
    ledger(about.reader, today=AS_OF, due_days=1)


async def _deadlines(about: Asking) -> None:
    deadlines(about.reader, AS_OF, ApplicantWindow(), DEANERIES, days=7)


async def _forecast(about: Asking) -> None:
    forecast(about.reader, DEANERIES, Horizon(AS_OF, 8, ApplicantWindow()), Step.WEEK)


QUESTIONS: dict[str, Callable[[Asking], Awaitable[None]]] = {
    "why was this doctor not sent": lambda about: _why(about, f"placement:{about.placement}"),
    "is this position known, matched, deleted": lambda about: _why(about, f"position:{about.position}"),
    "which of our posts have no position": _posts,
    "when was it first sent, in which file": lambda about: _why(about, f"placement:{about.placement}"),
    "did ESR accept it, with which error": lambda about: _why(about, f"{about.file}:{about.row}"),
    "what changed since we sent it": lambda about: _why(about, f"placement:{about.placement}"),
    "which files came and went today, and which are missing": _files,
    "what was lost in yesterday's outage": _outage,
    "is it safe to process this file again": lambda about: _why(
        about, str((FOLDER / "in" / about.inbound).resolve())
    ),
    "who misses the deadline if we do nothing": _deadlines,
    "who reaches the window in the next weeks": _forecast,
}


if __name__ == "__main__":
    sys.exit(main())
