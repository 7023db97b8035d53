"""What traces cost: the same day without them, with the default share of rows, and with all rows, in turn.

Runs ``tis-esr day`` on the embedded engine (or, with ``--production``, the day of ``bench.national`` on two worker
processes) as often as ``--rounds`` says, each round all three ways, against a collector in a process of its own. Prints
rows a second and processor seconds of each run, and the medians against those without traces.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median

from bench import national
from bench.parts import OUT, PROGRAM, rows_in, simulator

FOLDER = OUT / "traces"
AS_OF = "2026-11-24"
WAYS = {
    "off": {"TIS_ESR_TRACES": "false"},
    "default share": {"TIS_ESR_TRACES": "true"},
    "all rows": {"TIS_ESR_TRACES": "true", "TIS_ESR_TRACES_SHARE": "1"},
}
Run = dict[str, float]


def main() -> None:
    """Run it and write ``bench/out/traces.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--production", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve()
        return
    runs: dict[str, list[Run]] = {way: [] for way in WAYS}
    with a_collector() as url:
        os.environ["TIS_ESR_TRACES_ENDPOINT"] = url
        for number in range(given.rounds):
            for way in list(WAYS) if number % 2 else reversed(WAYS):
                os.environ.update({"TIS_ESR_TRACES_SHARE": "0.01", **WAYS[way]})
                run = on_production(given.posts) if given.production else on_embedded(given.posts)
                runs[way].append(run)
                print(way, run, flush=True)
    figures = {"cores": os.cpu_count(), "posts": given.posts, "runs": runs, "against off": compared(runs)}
    (OUT / "traces.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures["against off"], indent=1))


def compared(runs: dict[str, list[Run]]) -> dict[str, dict[str, str]]:
    """Return by how many per cent each median differs from that without traces."""
    middle = {way: {of: median(run[of] for run in some) for of in some[0]} for way, some in runs.items()}
    return {
        way: {of: f"{100 * (value / middle['off'][of] - 1):+.1f} %" for of, value in figures.items()}
        for way, figures in middle.items()
    }


def on_embedded(posts: int) -> Run:
    """Time one first day of 13 deaneries with ``tis-esr day``."""
    if not (FOLDER / "tcs").exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        many = ("--deaneries", "13", "--posts", str(posts))
        words = [*PROGRAM, "synthesize", *many, "--out", str(FOLDER), "--as-of", AS_OF]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    for old in FOLDER.glob("state*"):
        old.unlink()
    shutil.rmtree(FOLDER / "out", ignore_errors=True)
    with simulator(FOLDER / "tcs") as tcs:
        places = ("--in", FOLDER / "in", "--out", FOLDER / "out", "--state", FOLDER / "state")
        words = [*PROGRAM, "day", *map(str, places), "--tcs", tcs, "--as-of", AS_OF]
        started = time.perf_counter()
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit("tis-esr day failed")
    return {
        "rows a second": rows_in(FOLDER / "in") / seconds,
        "user CPU seconds": usage.ru_utime,
        "CPU seconds": usage.ru_utime + usage.ru_stime,
        "peak MB": usage.ru_maxrss / 1024,
    }


def on_production(posts: int) -> Run:
    """Time one day of ``bench.national``."""
    shutil.rmtree(national.FOLDER, ignore_errors=True)
    given = Namespace(posts=posts, peak=0, workers=2, watched="as usual", people=0, think=10.0)
    figures = national.national_day(given)
    return {
        "rows a second": figures["rows a second"],
        "CPU ms a row": sum(figures["CPU ms a row of each process"]),
        "peak MB": max(figures["peak MB of each process"]),
    }


@contextmanager
def a_collector() -> Iterator[str]:
    """Run a collector that accepts everything, in a process of its own."""
    words = [sys.executable, "-m", "bench.traces", "--serve"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def serve() -> None:
    """Accept spans without reading them, and print the address first."""

    class Accepting(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Accepting)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
