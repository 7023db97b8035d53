"""How fast a whole day is, end to end, and how much memory a million rows take.

Runs ``tis-esr`` as a user would, with TCS simulated in a process of its own. Prints rows a second, calls to
TCS and messages a row (which don't depend on the machine), and each process's peak memory.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from urllib.request import urlopen

from bench.parts import OUT, PROGRAM, rows_in, simulator

from tis_esr.engine.embedded.schema import open_state

AS_OF = "2026-11-24"


def main() -> None:
    """Run the benchmarks and write ``bench/out/day.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument(
        "--million", type=int, default=1_000_000, help="rows of the file that memory is measured on"
    )
    given = parser.parse_args()
    for name in ("day", "million"):
        shutil.rmtree(OUT / name, ignore_errors=True)
    figures = {"cores": os.cpu_count(), "python": sys.version.split()[0], **whole_day(given.posts)}
    if given.million:
        figures |= million_rows(given.million)
    (OUT / "day.json").write_text(json.dumps(figures, indent=1) + "\n")
    for name, figure in figures.items():
        print(f"{name}: {figure}")


def whole_day(posts: int) -> dict[str, object]:
    """Time a first day of 13 deaneries, every position new and every one told to TIS."""
    run("synthesize", "--deaneries", "13", "--posts", str(posts), "--out", str(OUT / "day"), "--as-of", AS_OF)
    rows = rows_in(OUT / "day/in")
    with simulator(OUT / "day/tcs") as url:
        state = OUT / "day/state"
        seconds, memory = run(
            "day", "--in", str(OUT / "day/in"), "--out", str(OUT / "day/out"), "--tcs", url, "--as-of", AS_OF,
            "--state", str(state), codes=(0, 1),
        )  # fmt: skip
        asked = json.loads(urlopen(url.replace("/tcs", "/simulator/stats")).read())
    connection = open_state(state, read_only=True)
    messages = connection.execute("SELECT count(*) FROM messages").fetchone()[0]
    return {
        "posts": posts,
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows a second": round(rows / seconds),
        "TCS calls a row": round(asked["answered"] / rows, 3),
        "messages a row": round(messages / rows, 3),
        "peak MB": memory,
    }


def million_rows(rows: int) -> dict[str, object]:
    """Take one big file through a whole day and watch the memory. Its positions are unknown to TIS."""
    folder = OUT / "million"
    (folder / "in").mkdir(parents=True)
    (folder / "tcs").mkdir()
    with (folder / "in" / "DE_LDN_RMF_20261124_00004033.DAT").open("w") as file:
        for number in range(1, rows + 1):
            file.write(
                f'POR,{number},"","C",{number},"T","LDN/RX1/0/STR/{number % 5000}","LDN","","","","",""\n'
            )
        file.write(f"TRL,{rows + 1}\n")
    with simulator(folder / "tcs") as url:
        seconds, memory = run(
            "day", "--in", str(folder / "in"), "--out", str(folder / "out"), "--tcs", url, "--as-of", AS_OF,
            "--state", str(folder / "state"), codes=(0, 1),
        )  # fmt: skip
    return {"big file's rows": rows, "big file's seconds": round(seconds, 1), "big file's peak MB": memory}


def run(*words: str, codes: tuple[int, ...] = (0,)) -> tuple[float, int]:
    """Run a command; return its seconds and its peak memory in MB."""
    started = time.perf_counter()
    process = subprocess.Popen([*PROGRAM, *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in codes:
        sys.exit(f"tis-esr {words[0]} ended with {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - started, usage.ru_maxrss // 1024


if __name__ == "__main__":
    main()
