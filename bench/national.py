"""A day on the production engine, as it runs: ``tis-esr run`` in worker processes, RabbitMQ and MongoDB beside them.

Prints seconds from the files' arrival until every message is handled and until every file for ESR is
written, each process's peak memory, and what does not depend on the machine: messages, transactions and
calls to TCS a row. ``--gate`` fails where one of those is above its limit.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import pymongo
from tests.servers import place

from tis_esr.engine.production.addresses import Addresses
from tis_esr.engine.production.reading import ProductionReader

PROGRAM = [sys.executable, "-c", "from tis_esr.cli import main; main()"]
OUT = Path(__file__).parent / "out" / "national"
LIMITS = {"messages a row": 3.6, "transactions a row": 0.15, "TCS calls a row": 0.75}
INBOX = "engine.inbox"


def main() -> None:
    """Run it and write ``bench/out/national.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--gate", action="store_true", help="fail where a count a row is above its limit")
    given = parser.parse_args()
    shutil.rmtree(OUT, ignore_errors=True)
    figures = {"cores": os.cpu_count(), **national_day(given.posts, given.workers)}
    OUT.parent.mkdir(exist_ok=True)
    (OUT.parent / "national.json").write_text(json.dumps(figures, indent=1) + "\n")
    for name, figure in figures.items():
        print(f"{name}: {figure}")
    over = [name for name, most in LIMITS.items() if given.gate and figures[name] > most]
    if over:
        sys.exit(f"above the limit: {', '.join(f'{name} > {LIMITS[name]}' for name in over)}")


def national_day(posts: int, workers: int) -> dict[str, Any]:
    """Time one day of 13 deaneries, every position new."""
    today = datetime.now(ZoneInfo("Europe/London")).date()
    command(
        "synthesize", "--deaneries", "13", "--posts", str(posts), "--out", str(OUT), "--as-of", str(today)
    )
    (OUT / "arriving").mkdir()
    rows = sum(path.read_bytes().count(b"\n") for path in (OUT / "in").iterdir())
    servers = place()
    database = f"bench_{os.getpid()}"
    client: pymongo.MongoClient[Any] = pymongo.MongoClient(servers.mongodb_url)
    reader = ProductionReader(Addresses(servers.amqp_url, servers.mongodb_url, database))
    with simulator(OUT / "tcs") as url:
        settings = {
            "TIS_ESR_ENGINE": "production",
            "TIS_ESR_AMQP_URL": servers.amqp_url,
            "TIS_ESR_MONGODB_URL": servers.mongodb_url,
            "TIS_ESR_MONGODB_DATABASE": database,
            "TIS_ESR_TCS_URL": url,
            "TIS_ESR_INBOUND": str(OUT / "arriving"),
            "TIS_ESR_OUTBOUND": str(OUT / "out"),
            "TIS_ESR_HTTP_PORT": "0",
            "TIS_ESR_SWEEP_SECONDS": "1",
        }
        os.environ.update(settings)
        command("install")
        with running(workers) as processes:
            before = transactions(client)
            for path in (OUT / "in").iterdir():
                shutil.copy(path, OUT / "arriving" / path.name)
            worked = [cpu_seconds(process.pid) for process in processes]
            started = time.perf_counter()
            files = len(list((OUT / "in").iterdir()))
            wait_for(client[database], reader, files)
            handled = time.perf_counter() - started
            for what in ("applicants", "notifications"):
                command("export", what)
                wait_for(client[database], reader, files)
            exported = time.perf_counter() - started - handled
            made = transactions(client) - before
            worked = [cpu_seconds(p.pid) - before for p, before in zip(processes, worked, strict=True)]
            peaks = [peak(process.pid) for process in processes]
        asked = json.loads(urlopen(url.replace("/tcs", "/simulator/stats")).read())["answered"]
    messages = client[database][INBOX].estimated_document_count()
    parked = client[database][INBOX].count_documents({"state": "parked"})
    applicants = client[database]["dataexporter.applicants"].estimated_document_count()
    client.drop_database(database)
    return {
        "day": str(today),
        "posts": posts,
        "rows": rows,
        "applicant records": applicants,
        "parked": parked,
        "files out": len(list((OUT / "out").iterdir())),
        "workers": workers,
        "seconds until handled": round(handled, 1),
        "seconds of exporting": round(exported, 1),
        "rows a second": round(rows / handled),
        "messages a second": round(messages / handled),
        "CPU ms a row of each process": [round(seconds / rows * 1000, 2) for seconds in worked],
        "peak MB of each process": peaks,
        "messages a row": round(messages / rows, 3),
        "transactions a row": round(made / rows, 3),
        "TCS calls a row": round(asked / rows, 3),
    }


def wait_for(database: Any, reader: ProductionReader, files: int) -> None:
    """Wait until all files are split and nothing is left to handle; looking takes a tenth of the time at most."""
    quiet = 0
    while quiet < 3:
        started = time.perf_counter()
        split = database["inbounddatareader.files"].count_documents({"state": {"$in": ["split", "refused"]}})
        quiet = quiet + 1 if split == files and not reader.waiting() else 0
        time.sleep(max(0.1, 10 * (time.perf_counter() - started)))


def transactions(client: Any) -> int:
    """Return how many transactions the server has committed."""
    return int(client.admin.command("serverStatus")["transactions"]["totalCommitted"])


def peak(pid: int) -> int:
    """Return a process's peak memory in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) // 1024 if found else 0


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def command(*words: str) -> None:
    """Run a command to its end."""
    done = subprocess.run([*PROGRAM, *words], stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        sys.exit(f"tis-esr {words[0]} ended with {done.returncode}")


@contextmanager
def running(workers: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run services in several processes, and stop them in good order."""
    log = (OUT / "run.log").open("wb")
    processes = [subprocess.Popen([*PROGRAM, "run"], stderr=log) for _ in range(workers)]
    try:
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(60) for process in processes]
        if any(codes):
            print(f"ended with {codes}; see {OUT / 'run.log'}", file=sys.stderr)


@contextmanager
def simulator(data: Path) -> Iterator[str]:
    """Run the simulator as a process of its own."""
    words = [*PROGRAM, "tcs-simulator", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    match = re.search(r"http://\S+", process.stdout.readline())
    if match is None:
        sys.exit("the simulator did not start")
    try:
        yield match.group()
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
