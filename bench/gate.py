"""What doesn't depend on the machine: messages, transactions and calls to TCS a row, each below its limit.

Runs a small day on the production engine stage by stage (``tis-esr day``), so that the counts are the same
each time but for how deliveries fall into batches. Ends with 1 where one is above its limit.
"""

import json
import os
import shutil
import sys
from typing import Any
from urllib.request import urlopen

import pymongo
from bench.parts import OUT, command, production, rows_in, simulator, transactions
from tests.servers import place

AS_OF = "2026-11-24"
FOLDER = OUT / "gate"
LIMITS = {"messages a row": 2.9, "transactions a row": 0.05, "TCS calls a row": 0.63}


def main() -> int:
    """Run the day; print each count with its limit."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    command("synthesize", "--deaneries", "3", "--posts", "600", "--out", str(FOLDER), "--as-of", AS_OF)
    servers = place()
    database = servers.emptied()
    client: pymongo.MongoClient[Any] = pymongo.MongoClient(servers.mongodb_url)
    with simulator(FOLDER / "tcs") as url:
        os.environ.update(production(servers, database, url, FOLDER))
        before = transactions(client)
        folders = ("--in", str(FOLDER / "in"), "--out", str(FOLDER / "out"))
        command("day", *folders, "--tcs", url, "--as-of", AS_OF, codes=(0, 1))
        counts = {
            "messages a row": client[database]["engine.inbox"].estimated_document_count(),
            "transactions a row": transactions(client) - before,
            "TCS calls a row": json.loads(urlopen(url.replace("/tcs", "/simulator/stats")).read())[
                "answered"
            ],
        }
    rows = rows_in(FOLDER / "in")
    for name, count in counts.items():
        print(f"{name}: {count / rows:.3f}, limit {LIMITS[name]}")
    return int(any(count / rows > LIMITS[name] for name, count in counts.items()))


if __name__ == "__main__":
    sys.exit(main())
