"""What the benchmarks of whole days share: the program, TCS beside it, and how its work is counted."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers import Place

PROGRAM = [sys.executable, "-c", "from tis_esr.start import main; main()"]
OUT = Path(__file__).parent / "out"


def production(servers: Place, database: str, tcs: str, folder: Path) -> dict[str, str]:
    """Return the settings of the production engine, with folders for files."""
    return {
        "TIS_ESR_ENGINE": "production",
        "TIS_ESR_AMQP_URL": servers.amqp_url,
        "TIS_ESR_MONGODB_URL": servers.mongodb_url,
        "TIS_ESR_MONGODB_DATABASE": database,
        "TIS_ESR_TCS_URL": tcs,
        "TIS_ESR_INBOUND": str(folder / "arriving"),
        "TIS_ESR_OUTBOUND": str(folder / "out"),
        "TIS_ESR_HTTP_PORT": "0",
        "TIS_ESR_SWEEP_SECONDS": "1",
    }


def rows_in(folder: Path) -> int:
    """Return how many rows a folder's files have."""
    return sum(path.read_bytes().count(b"\n") for path in folder.iterdir())


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


def command(*words: str, codes: tuple[int, ...] = (0,)) -> None:
    """Run a command to its end."""
    done = subprocess.run([*PROGRAM, *words], stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in codes:
        sys.exit(f"tis-esr {words[0]} ended with {done.returncode}")


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
