"""S3 and SFTP failing, slow, reset and cut in mid-upload or mid-download: the day ends with the same files."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.faults.days import TODAY, Days, Ground
from tests.faults.parts import day_of_parts
from tests.faults.wire import Fault, Wire, wire
from tests.files.sftp_servers import asyncssh_server, known_hosts

from tis_esr.files.file_store import FileStore
from tis_esr.files.folder import Folder
from tis_esr.files.s3 import S3Files, S3Settings
from tis_esr.files.sftp import SftpFiles, SftpSettings

BUSY = Fault(answer=b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
WRONG = Fault(answer=b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
UPLOAD_CUT = Fault(cut_up=9_000)
DOWNLOAD_CUT = Fault(cut_down=9_000)
RESET = Fault(cut_up=0)
SLOW = Fault(seconds_a_block=0.003)

BOTH_WAYS = ("inbound", "outbound")
S3_FAULTS = {
    "answers 503": ([BUSY] * 12, BOTH_WAYS),
    "answers 500": ([WRONG] * 12, ("outbound",)),
    "resets": ([RESET] * 12, BOTH_WAYS),
    "slow": ([SLOW] * 100, ("outbound",)),
    "cut in mid-upload": ([UPLOAD_CUT] * 12, ("outbound",)),
    "cut in mid-download": ([DOWNLOAD_CUT] * 12, ("inbound",)),
}
SFTP_FAULTS = {
    "resets": ([RESET] * 5, BOTH_WAYS),
    "slow": ([SLOW] * 100, ("inbound",)),
    "cut in mid-upload": ([UPLOAD_CUT] * 4, ("outbound",)),
    "cut in mid-download": ([DOWNLOAD_CUT] * 4, ("inbound",)),
}


def cases(faults: dict[str, tuple[list[Fault], tuple[str, ...]]]) -> list[tuple[str, str]]:
    return [(fault, way) for fault, (_, ways) in faults.items() for way in ways]


@pytest.fixture(scope="module")
def moto() -> Iterator[int]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


def bucket(port: int, name: str) -> Any:
    """Return a new bucket, spoken to without a line between."""
    client = boto3.resource(
        "s3",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="eu-west-2",
        aws_access_key_id="AKIAINVENTED",
        aws_secret_access_key="not-a-real-secret-42",  # noqa: S106 - invented
    )
    return client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})


def s3(name: str, line: Wire, prefix: str) -> S3Files:
    return S3Files(
        S3Settings(
            bucket=name,
            prefix=prefix,
            region="eu-west-2",
            endpoint=f"http://127.0.0.1:{line.port}",
            access_key_id="AKIAINVENTED",
            secret_access_key="not-a-real-secret-42",  # noqa: S106 - invented
            timeout_seconds=5,
        )
    )


async def run(ground: Ground, inbound: FileStore, out: FileStore) -> None:
    await day_of_parts(ground.in_process(patience_seconds=60), inbound, out, TODAY, ground.state)


@pytest.mark.parametrize(("fault", "way"), cases(S3_FAULTS))
def test_an_s3_in_trouble_ends_the_day_with_the_same_files(
    embedded_days: Days, moto: int, fault: str, way: str
) -> None:
    with embedded_days.ground(f"s3 {fault}") as ground, wire(moto, S3_FAULTS[fault][0]) as line:
        name = f"invented-{fault.replace(' ', '-')}-{way}"
        objects = bucket(moto, name)
        for file in ground.inbound.iterdir():
            objects.upload_file(str(file), f"in/{file.name}")
        through = s3(name, line, "in/" if way == "inbound" else "out/")
        stores = (
            (through, Folder(ground.out, make=True))
            if way == "inbound"
            else (Folder(ground.inbound), through)
        )
        asyncio.run(run(ground, *stores))
        ground.out.mkdir(exist_ok=True)
        for stored in objects.objects.filter(Prefix="out/"):
            objects.download_file(stored.key, str(ground.out / Path(stored.key).name))
        assert line.befallen
        assert ground.found() == embedded_days.undisturbed


@asynccontextmanager
async def sftp(home: Path, faults: list[Fault]) -> AsyncIterator[tuple[SftpSettings, Wire]]:
    """Serve home/served over a line in trouble."""
    async with asyncssh_server(home) as settings:
        with wire(settings.port, faults) as line:
            key = settings.known_hosts.read_text(encoding="ascii").split(" ", 1)[1].strip()
            hosts = known_hosts(home / "known_line", line.port, key)
            yield replace(settings, port=line.port, known_hosts=hosts), line


@pytest.mark.parametrize(("fault", "way"), cases(SFTP_FAULTS))
async def test_an_sftp_server_in_trouble_ends_the_day_with_the_same_files(
    embedded_days: Days, tmp_path: Path, fault: str, way: str
) -> None:
    with embedded_days.ground(f"sftp {fault}") as ground:
        async with sftp(tmp_path, SFTP_FAULTS[fault][0]) as (settings, line):
            served = tmp_path / "served"
            shutil.copytree(ground.inbound, served / "inbound")
            through = SftpFiles(replace(settings, folder=f"/{way}"))
            stores = (
                (through, Folder(ground.out, make=True))
                if way == "inbound"
                else (Folder(ground.inbound), through)
            )
            await run(ground, *stores)
            shutil.copytree(served / "outbound", ground.out, dirs_exist_ok=True)
            assert line.befallen
            assert ground.found() == embedded_days.undisturbed
