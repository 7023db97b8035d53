"""People who read the console while something else is measured: ``python -m bench.browsing ADDRESS`` is started by it.

Each person opens a page that needs no word, reads it, and opens the next one, in an order of their own, until the
process is stopped. It then prints how many pages were read, and how long they took.
"""

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import httpx2
from bench.console import console

from tis_esr.web.console.pages import PAGES


@contextmanager
def browsed(people: int, think: float, store: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Have people read the console of a store meanwhile; yields what is known of it after the block.

    Their browsers, which are elsewhere, take only the time that nobody else wants.
    """
    found: dict[str, Any] = {}
    if not people:
        yield found
        return
    with console(store) as address:
        words = [
            "nice",
            "-n",
            "19",
            sys.executable,
            "-m",
            "bench.browsing",
            address,
            "--people",
            str(people),
            "--think",
            str(think),
        ]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            yield found
        finally:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate()
            found |= json.loads(said)


def main() -> None:
    """Read until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="that signs in")
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--think", type=float, default=10.0, help="seconds that a person looks at a page")
    given = parser.parse_args()
    seconds: list[float] = []
    try:
        asyncio.run(_read(given.address, given.people, given.think, seconds))
    except KeyboardInterrupt:
        last = sorted(seconds)
        p95 = last[int(len(last) * 0.95)] if last else 0.0
        middle = median(last) if last else 0.0
        print(json.dumps({"pages read": len(last), "median": round(middle, 3), "p95": round(p95, 3)}))


async def _read(address: str, people: int, think: float, seconds: list[float]) -> None:
    async with httpx2.AsyncClient(timeout=60, follow_redirects=False) as browser:
        await browser.get(address)
        cookies = dict(browser.cookies)
    origin = address.partition("/sign-in")[0]
    pages = [page.path for page in PAGES if "GET" in page.methods and "{" not in page.path]

    async def one(number: int) -> None:
        order = random.Random(number)  # noqa: S311 - of pages
        async with httpx2.AsyncClient(base_url=origin, cookies=cookies, timeout=60) as browser:
            while True:
                await asyncio.sleep(order.uniform(0, 2 * think))
                began = time.perf_counter()
                await browser.get(order.choice(pages))
                seconds.append(time.perf_counter() - began)

    await asyncio.gather(*map(one, range(people)))


if __name__ == "__main__":
    main()
