"""How much longer a day takes while TCS is in trouble: of its calls 10 % fail (503) and 5 % are slow by 2 s.

Runs the inbound day (``tis-esr day``, embedded) on the same files with TCS well and in trouble, and prints both times and their
ratio. Every stage of a day ends with the slowest of its calls, 2 s or a little more where TCS is in trouble, so a day
has to be long enough that its work counts for more than these ends.
"""

import argparse
import json
import os
import shutil
from urllib.request import Request, urlopen

from bench.day import AS_OF, run
from bench.parts import OUT, rows_in, simulator

FOLDER = OUT / "trouble"
TROUBLE = {"fail_rate": 0.1, "slow_rate": 0.05, "slow_ms": 2000}


def main() -> None:
    """Run both days and write ``bench/out/trouble.json``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--delay-ms", type=int, default=0, help="how long TCS takes for every call besides")
    given = parser.parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    many = ("--deaneries", "13", "--posts", str(given.posts))
    run("synthesize", *many, "--out", str(FOLDER), "--as-of", AS_OF)
    well = seconds_of_a_day("well", {"delay_ms": given.delay_ms})
    trouble = seconds_of_a_day("trouble", {"delay_ms": given.delay_ms, **TROUBLE})
    figures = {
        "cores": os.cpu_count(),
        "posts": given.posts,
        "rows": rows_in(FOLDER / "in"),
        "ms a call": given.delay_ms,
        "seconds": round(well, 1),
        "seconds with TCS in trouble": round(trouble, 1),
        "ratio": round(trouble / well, 2),
    }
    (OUT / "trouble.json").write_text(json.dumps(figures, indent=1) + "\n")
    for name, figure in figures.items():
        print(f"{name}: {figure}")


def seconds_of_a_day(name: str, switches: dict[str, float]) -> float:
    """Time a first day with TCS as the switches say."""
    with simulator(FOLDER / "tcs") as url:
        body, headers = json.dumps(switches).encode(), {"Content-Type": "application/json"}
        urlopen(Request(url.replace("/tcs", "/simulator/switches"), body, headers)).close()
        seconds, _ = run(
            "day", "--in", str(FOLDER / "in"), "--out", str(FOLDER / name / "out"), "--tcs", url,
            "--as-of", AS_OF, "--state", str(FOLDER / name / "state"), codes=(0, 1),
        )  # fmt: skip
    return seconds


if __name__ == "__main__":
    main()
