"""A day on the production engine, as it runs: ``tis-esr run`` in worker processes, RabbitMQ and MongoDB beside them.

Prints seconds from the files' arrival until every message is handled and until every file for ESR is
written, each process's peak memory, and messages, transactions and calls to TCS a row. ``--peak`` moves so
many placements to begin on the last day of the window, as 13 weeks before a rotation. Then a quiet day: one
small RMC, from the moment its file is there until its rows are reconciled.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import msgspec
import pymongo
from bench.browsing import browsed
from bench.parts import OUT, PROGRAM, command, cpu_seconds, peak, production, rows_in, simulator, transactions
from tests.servers import place

from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.row_accounting import RowState

FOLDER = OUT / "national"
INBOX = "engine.inbox"
ALARMS = "TIS_ESR_ALARM_SECONDS"
QUIET_ROWS = 200


def main() -> None:
    """Run it and write ``bench/out/national.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--peak", type=int, default=0, help="placements that reach the 13-week mark")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--watched",
        choices=["as usual", "closely", "not"],
        default="as usual",
        help="alarms as usual; alarms, board and metrics every 10 seconds; or no alarms",
    )
    parser.add_argument("--people", type=int, default=0, help="who read the console meanwhile")
    parser.add_argument("--think", type=float, default=20.0, help="seconds that a person looks at a page")
    given = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    figures = {"cores": os.cpu_count(), "watched": given.watched, "people": given.people}
    figures |= national_day(given)
    (OUT / "national.json").write_text(json.dumps(figures, indent=1) + "\n")
    for name, figure in figures.items():
        print(f"{name}: {figure}")


def national_day(given: argparse.Namespace) -> dict[str, Any]:
    """Time one day of 13 deaneries, every position new, then a quiet file."""
    today = datetime.now(ZoneInfo("Europe/London")).date()
    many = ("--deaneries", "13", "--posts", str(given.posts))
    command("synthesize", *many, "--out", str(FOLDER), "--as-of", str(today))
    if given.peak:
        reach_the_mark(FOLDER / "tcs" / "placements.jsonl", given.peak, today + timedelta(weeks=13, days=-1))
    (FOLDER / "arriving").mkdir()
    servers = place()
    database = servers.emptied()
    client: pymongo.MongoClient[Any] = pymongo.MongoClient(servers.mongodb_url)
    reader = ProductionReader(ServerAddresses(servers.amqp_url, servers.mongodb_url, database))
    with simulator(FOLDER / "tcs") as url:
        os.environ.update(production(servers, database, url, FOLDER))
        os.environ |= {"closely": {ALARMS: "10"}, "not": {ALARMS: "600"}}.get(given.watched, {})
        store = {"amqp": servers.amqp_url, "mongodb": servers.mongodb_url, "database": database}
        with running(given.workers) as processes, looked_at(closely=given.watched == "closely"):
            with browsed(given.people, given.think, store) as read:
                figures = timed(client, database, reader, url, processes)
            figures["read in the console"] = read
            figures["quiet file's seconds"] = quiet_file(reader, today)
            figures["peak MB of each process"] = [peak(process.pid) for process in processes]
    return {"day": str(today), "posts": given.posts, "placements at the mark": given.peak, **figures}


def timed(
    client: Any, database: str, reader: ProductionReader, url: str, processes: list[subprocess.Popen[bytes]]
) -> dict[str, Any]:
    """Have the files arrive, wait until all is handled and exported, and count."""
    rows = rows_in(FOLDER / "in")
    transacted = transactions(client)
    worked = [cpu_seconds(process.pid) for process in processes]
    started = time.perf_counter()
    for path in (FOLDER / "in").iterdir():
        shutil.copy(path, FOLDER / "arriving" / path.name)
    files = len(list((FOLDER / "in").iterdir()))
    wait_for(client[database], reader, files)
    handled = time.perf_counter() - started
    for what in ("applicants", "notifications"):
        command("export", what)
    wait_for(client[database], reader, files)
    exported = time.perf_counter() - started - handled
    worked = [cpu_seconds(p.pid) - before for p, before in zip(processes, worked, strict=True)]
    messages = client[database][INBOX].estimated_document_count()
    asked = json.loads(urlopen(url.replace("/tcs", "/simulator/stats")).read())["answered"]
    return {
        "rows": rows,
        "applicant records": client[database]["dataexporter.applicants"].estimated_document_count(),
        "parked": client[database][INBOX].count_documents({"state": "parked"}),
        "files out": len(list((FOLDER / "out").iterdir())),
        "workers": len(processes),
        "seconds until handled": round(handled, 1),
        "seconds of exporting": round(exported, 1),
        "rows a second": round(rows / handled),
        "messages a second": round(messages / handled),
        "CPU ms a row of each process": [round(seconds / rows * 1000, 2) for seconds in worked],
        "messages a row": round(messages / rows, 3),
        "transactions a row": round((transactions(client) - transacted) / rows, 3),
        "TCS calls a row": round(asked / rows, 3),
        "MB on MongoDB's disk": on_disk(client, database),
    }


def on_disk(client: Any, database: str) -> dict[str, float]:
    """Return the MB of compressed documents and of indexes, after a checkpoint: of what is kept as long as rows, and of the rest."""
    client.admin.command("fsync")
    found = dict.fromkeys(("rows and messages", "their indexes", "the rest", "its indexes"), 0.0)
    for name in client[database].list_collection_names():
        sizes = client[database].command("collStats", name)
        kept = (
            ("rows and messages", "their indexes")
            if name.startswith("engine.")
            else ("the rest", "its indexes")
        )
        for part, size in zip(kept, (sizes["storageSize"], sizes["totalIndexSize"]), strict=True):
            found[part] = round(found[part] + size / 1e6, 1)
    return found


@contextmanager
def looked_at(*, closely: bool) -> Iterator[None]:
    """Meanwhile ask each process for its metrics, and for the board, every 10 seconds."""
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(10):
            for line in (FOLDER / "run.log").read_text().splitlines():
                if found := re.search(r" http=(http\S+)", line):
                    with urlopen(f"{found[1]}/metrics") as reply:
                        reply.read()
            command("board", "--json", codes=(0, 1, 2))

    looking = threading.Thread(target=look)
    if closely:
        looking.start()
    try:
        yield
    finally:
        ended.set()
        if closely:
            looking.join()


def reach_the_mark(path: Path, count: int, start: date) -> None:
    """Move the first ``count`` placements that count for ESR to begin on that day."""
    lines, moved = [], 0
    with path.open("rb") as file:
        for line in file:
            placement = msgspec.json.decode(line)
            counts = placement["placementType"] == "In post" and placement["lifecycleState"] == "APPROVED"
            if moved < count and counts and placement["dateFrom"]:
                placement |= {"dateFrom": str(start), "dateTo": str(start + timedelta(days=180))}
                moved += 1
            lines.append(msgspec.json.encode(placement) + b"\n")
    if moved < count:
        sys.exit(f"{path} has only {moved} placements that could be moved; give more --posts")
    path.write_bytes(b"".join(lines))


def quiet_file(reader: ProductionReader, today: date) -> float:
    """Return the seconds from a small RMC's arrival until its rows have come to their end."""
    number = 1 + max(int(path.stem[-8:]) for path in (FOLDER / "in").iterdir())
    name = f"DE_EOE_RMC_{today:%Y%m%d}_{number + 100:08d}.DAT"
    positions = range(900_000_001, 900_000_001 + QUIET_ROWS)
    rows = [f'POR,{n},"","C",{n % 1000000},"T","EOE/RX1/0/STR/{n % 500}","EOE"\n' for n in positions]
    started = time.perf_counter()
    (FOLDER / "part").write_text("".join([*rows, f"TRL,{QUIET_ROWS}\n"]))
    (FOLDER / "part").replace(FOLDER / "arriving" / name)
    ends = [(name, row) for row in range(1, QUIET_ROWS + 2)]
    while sum(row.state is not RowState.PENDING for row in reader.rows(ends)) < len(ends):
        time.sleep(0.05)
    return round(time.perf_counter() - started, 1)


def wait_for(database: Any, reader: ProductionReader, files: int) -> None:
    """Wait until so many files are split and nothing is left to handle; looking takes a tenth of the time."""
    quiet = 0
    while quiet < 3:
        started = time.perf_counter()
        split = database["inbounddatareader.files"].count_documents({"state": {"$in": ["split", "refused"]}})
        quiet = quiet + 1 if split >= files and not reader.waiting() else 0
        time.sleep(max(0.1, 10 * (time.perf_counter() - started)))


@contextmanager
def running(workers: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run services in several processes, and stop them in good order."""
    log = (FOLDER / "run.log").open("wb")
    processes = [subprocess.Popen([*PROGRAM, "run"], stderr=log) for _ in range(workers)]
    try:
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(60) for process in processes]
        if any(codes):
            print(f"ended with {codes}; see {FOLDER / 'run.log'}", file=sys.stderr)


if __name__ == "__main__":
    main()
