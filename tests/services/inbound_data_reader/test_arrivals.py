"""A file's rows are taken exactly once, whether its event comes once, twice, late or never."""

import contextlib
import errno
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import aiohttp
import boto3
import pytest
from starlette.applications import Starlette
from tests.s3_server import KEY_ID, REGION, SECRET
from tests.services.watched import Watched

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.faults import TransientError
from tis_esr.engine.protocol import Commit
from tis_esr.engine.runner import PatienceExhaustedError, Runner
from tis_esr.files.file_store import FileStore, Listing, Nowhere, StoreUnavailableError
from tis_esr.files.folder import Folder
from tis_esr.files.s3 import S3Files, S3Settings
from tis_esr.process.serving_process import recorder
from tis_esr.services.flow import COLLECTIONS, Dependencies, handlers
from tis_esr.services.inbound_data_reader import arrivals
from tis_esr.services.inbound_data_reader.arrivals import Arrivals, announce
from tis_esr.services.inbound_data_reader.file_ledger import FILES, InboundFile
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.web.hooks.event_hook import S3Hook
from tis_esr.web.hooks.s3_events import FileArrived
from tis_esr.web.http_server import served

ARRIVED = "esr.queue.file.arrived"
NAME = "DE_EOE_RMC_20261124_00000001.DAT"
OTHER = "DE_EOE_RMC_20261125_00000002.DAT"


def content(positions: int, first: int = 1) -> str:
    rows = [f'POR,{number},"","C",{number},"T","EOE/1"\n' for number in range(first, first + positions)]
    return "".join([*rows, f"TRL,{positions + 1}\n"])


class Store(Folder):
    """A folder that can be away."""

    away = False

    async def listing(self) -> Listing:
        self._look()
        return await super().listing()

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[BinaryIO]:
        self._look()
        async with super().open(name) as stream:
            yield stream

    def _look(self) -> None:
        if self.away:
            raise StoreUnavailableError("the store", "it is away")


class Engine(EmbeddedEngine):
    """Fails one commit, counted from 1."""

    fails_at = 0
    commits = 0

    async def commit(self, commit: Commit) -> None:
        self.commits += 1
        if self.commits == self.fails_at:
            raise TransientError("the disk is full")
        await super().commit(commit)


class Desk:
    """The service at its store, and what it has come to hold."""

    def __init__(self, place: Path, inbound: FileStore) -> None:
        self.state = place / "state"
        self.engine = Engine(self.state, COLLECTIONS)
        self.arrivals = Arrivals(inbound)
        dependencies = Dependencies(Tcs(TcsSettings(base_url="http://localhost/tcs")), inbound, Nowhere())
        found = handlers(dependencies)
        self.runner = Runner(self.engine, found, today=lambda: date(2026, 11, 24), patience=10)
        self.hasty = Runner(self.engine, found, today=lambda: date(2026, 11, 24), patience=0)

    async def tell(self, name: str, arrival: str) -> None:
        work = self.runner.work()
        announce(work, [(name, arrival)])
        await work.commit()

    async def handle(self) -> None:
        await self.runner.drain([ARRIVED])

    async def sweep(self) -> list[str]:
        return await self.arrivals.sweep(self.runner.work)

    def waiting(self) -> dict[str, int]:
        with closing(StateReader(self.state)) as reader:
            return reader.waiting()

    def parked(self) -> list[str]:
        with closing(StateReader(self.state)) as reader:
            return [trace.reason for trace in reader.parked()]

    def ledger(self) -> dict[str, InboundFile]:
        with closing(StateReader(self.state)) as reader:
            return {file.name: file for file in reader.find(FILES, {})}

    def ledger_entries(self) -> list[InboundFile]:
        with closing(StateReader(self.state)) as reader:
            return sorted(reader.find(FILES, {}), key=lambda file: file.key)

    def rows(self) -> dict[str, int]:
        """Return how many rows of each file are accounted for."""
        with closing(StateReader(self.state)) as reader:
            return {name: sum(states.values()) for name, states in reader.row_counts().items()}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "in", make=True)


@pytest.fixture
def desk(tmp_path: Path, store: Store) -> Iterator[Desk]:
    desk = Desk(tmp_path, store)
    yield desk
    desk.engine.close()


def put(store: Store, name: str = NAME, text: str = content(3)) -> None:
    (store.path / name).write_text(text)


def is_taken_once(desk: Desk, positions: int = 3) -> None:
    """Every position is one message and every row is accounted for once, TRL too."""
    assert desk.waiting() == {"esr.queue.por.split": positions}
    assert desk.rows() == {NAME: positions + 1}
    [file] = desk.ledger().values()
    assert (file.name, file.state.value, file.rows, file.incomplete) == (NAME, "split", positions + 1, "")
    assert desk.parked() == []


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(["v1:1"], id="once"),
        pytest.param(["v1:1", "v1:1"], id="the same twice"),
        pytest.param(["v1:1", "v2:2"], id="two of one file"),
    ],
)
async def test_a_file_that_events_tell_of_is_taken_once(desk: Desk, store: Store, events: list[str]) -> None:
    put(store)
    for event in events:
        await desk.tell(NAME, event)
    await desk.handle()
    is_taken_once(desk)
    for event in events:
        await desk.tell(NAME, event)
        await desk.handle()
    is_taken_once(desk)


async def test_a_file_that_no_event_tells_of_is_found(desk: Desk, store: Store) -> None:
    put(store)
    assert await desk.sweep() == [NAME]
    await desk.handle()
    is_taken_once(desk)


async def test_an_event_that_comes_after_the_file_was_found_changes_nothing(desk: Desk, store: Store) -> None:
    put(store)
    await desk.sweep()
    await desk.handle()
    await desk.tell(NAME, "v1:1")
    await desk.handle()
    is_taken_once(desk)


async def test_a_file_that_is_found_again_before_it_was_taken_is_announced_once(
    desk: Desk, store: Store
) -> None:
    put(store)
    assert await desk.sweep() == [NAME]
    commits = desk.engine.commits
    for _ in range(3):
        assert await desk.sweep() == [NAME]
    assert desk.engine.commits == commits
    assert desk.waiting() == {ARRIVED: 1}


async def test_a_sweep_announces_only_what_the_ledger_does_not_know(desk: Desk, store: Store) -> None:
    put(store)
    put(store, "letter.txt", "Dear trust")
    await desk.sweep()
    await desk.handle()
    assert desk.ledger()["letter.txt"].state.value == "refused"
    commits = desk.engine.commits
    assert await desk.sweep() == []
    assert desk.engine.commits == commits
    put(store, OTHER, content(2, first=100))
    assert await desk.sweep() == [OTHER]
    assert desk.waiting() == {ARRIVED: 1, "esr.queue.por.split": 3}
    assert desk.parked() == []


async def test_a_file_of_many_rows_that_was_cut_short_goes_on_and_its_rows_are_taken_once(
    desk: Desk, store: Store
) -> None:
    put(store, text=content(4500))
    await desk.tell(NAME, "v1:1")
    desk.engine.fails_at = desk.engine.commits + 3
    await desk.handle()
    is_taken_once(desk, 4500)


async def test_while_a_file_is_being_split_it_counts_as_waiting(desk: Desk, store: Store) -> None:
    put(store, text=content(4500))
    await desk.tell(NAME, "v1:1")
    desk.engine.fails_at = desk.engine.commits + 3
    [message] = await desk.engine.claim(ARRIVED, 1)
    with pytest.raises(TransientError, match="the disk is full"):
        await desk.arrivals.take(desk.runner.work(), [message])
    assert desk.ledger()[NAME].state.value == "splitting"
    assert await desk.sweep() == [NAME]
    assert desk.waiting()[ARRIVED] == 1
    await desk.engine.release([message], 0)
    await desk.handle()
    is_taken_once(desk, 4500)


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "../secret", "folder/file.DAT", "/etc/hosts"])
async def test_a_name_that_is_none_is_parked_with_a_reason(desk: Desk, name: str) -> None:
    await desk.tell(name, "v1:1")
    await desk.handle()
    assert desk.parked() == [f"{name!r} is not a valid file name"]
    assert desk.waiting() == {}


async def test_events_for_folder_markers_hidden_and_odd_keys_are_ignored(desk: Desk) -> None:
    keys = [f"from-esr/{name}" for name in ("", ".hidden", "a\nb", "old/letter.txt")]
    await recorder(desk.runner, "from-esr/")([FileArrived("invented", key, "", "1", 0) for key in keys])
    assert (desk.waiting(), desk.parked()) == ({}, [])


@pytest.mark.parametrize("name", ["transfer.log", "DE_EOE_APP_20261124_00000001.DAT"])
async def test_what_was_refused_by_its_name_stays_refused_however_often_it_changes(
    desk: Desk, store: Store, name: str
) -> None:
    for lines in (1, 2, 3):
        put(store, name, content(lines))
        await desk.sweep()
        await desk.handle()
    [file] = desk.ledger().values()
    assert (file.state.value, file.rows, len(file.open_findings)) == ("refused", 0, 1)
    assert (desk.parked(), desk.rows(), desk.waiting()) == ([], {}, {})


async def test_what_was_settled_as_gone_is_open_again_once_it_is_back(desk: Desk, store: Store) -> None:
    def open_findings() -> list[int]:
        return [len(file.open_findings) for file in desk.ledger_entries()]

    for _ in range(2):
        put(store, "letter.txt", "Dear")
        (store.path / "old").mkdir()
        await desk.sweep()
        await desk.handle()
        await desk.sweep()
        assert open_findings() == [1, 1]
        (store.path / "letter.txt").unlink()
        (store.path / "old").rmdir()
        await desk.sweep()
        assert open_findings() == [0, 0]


async def test_settling_a_finding_hides_no_later_one(desk: Desk, store: Store) -> None:
    text = content(4500).replace("TRL,4501", "TRL,9")
    put(store, text=text)
    await desk.tell(NAME, "v1:1")
    desk.engine.fails_at = desk.engine.commits + 3
    [message] = await desk.engine.claim(ARRIVED, 1)
    with pytest.raises(TransientError):
        await desk.arrivals.take(desk.runner.work(), [message])
    (store.path / NAME).unlink()
    await desk.engine.release([message], 0)
    await desk.handle()
    held = desk.ledger()[NAME]
    assert held.findings == ["held: it was announced, but the store has no such file"]
    work = desk.runner.work()
    work.put(FILES, (await work.get(FILES, [NAME]))[NAME].settle("asked ESR for it"))
    await work.commit()
    assert desk.ledger()[NAME].open_findings == []
    put(store, text=text)
    await desk.sweep()
    await desk.handle()
    assert desk.ledger()[NAME].open_findings == ["incomplete: TRL counts 9 rows, the file has 4501"]


async def test_a_file_behind_hundreds_of_events_for_missing_ones_is_read_after_a_few_steps(
    desk: Desk, store: Store
) -> None:
    missing = [f"DE_EOE_RMC_20261124_{number:08d}.DAT" for number in range(1000, 1600)]
    for name in missing:
        await desk.tell(name, "v1:1")
    put(store)
    await desk.tell(NAME, "v1:1")
    before = desk.engine.commits
    await desk.handle()
    assert desk.rows() == {NAME: 4}
    assert desk.engine.commits - before < 150
    ledger = desk.ledger()
    assert {ledger[name].state.value for name in missing} == {"held"}
    assert (desk.parked(), desk.waiting()) == ([], {"esr.queue.por.split": 3})


async def test_a_file_that_stays_away_is_held_with_a_reason_and_its_neighbour_is_taken(
    desk: Desk, store: Store
) -> None:
    put(store)
    await desk.tell(OTHER, "v1:1")
    await desk.tell(NAME, "v1:1")
    await desk.handle()
    assert desk.parked() == []
    assert desk.ledger()[OTHER].findings == ["held: it was announced, but the store has no such file"]
    assert desk.rows() == {NAME: 4}
    assert desk.waiting() == {"esr.queue.por.split": 3}


async def test_a_found_file_that_went_missing_is_taken_once_it_is_there(desk: Desk, store: Store) -> None:
    put(store)
    await desk.sweep()
    (store.path / NAME).unlink()
    await desk.handle()
    assert await desk.sweep() == []
    assert desk.ledger()[NAME].state.value == "held"
    put(store)
    assert await desk.sweep() == [NAME]
    await desk.handle()
    is_taken_once(desk)


async def test_an_announcement_that_was_lost_is_made_again(
    desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store)
    await desk.sweep()
    [message] = await desk.engine.claim(ARRIVED, 1)
    work = desk.runner.work()
    work.park(message, "invented")
    await work.commit()
    assert await desk.engine.discard([(ARRIVED, message.id)], "invented") == 1
    monkeypatch.setattr(arrivals, "FOUND_AGAIN_SECONDS", 0.0)
    assert await desk.sweep() == [NAME]
    await desk.handle()
    is_taken_once(desk)


async def test_a_file_whose_message_was_lost_amid_it_is_announced_again_where_it_gets_no_further(
    desk: Desk, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, text=content(4500))
    await desk.tell(NAME, "v1:1")
    desk.engine.fails_at = desk.engine.commits + 3
    [message] = await desk.engine.claim(ARRIVED, 1)
    with pytest.raises(TransientError):
        await desk.arrivals.take(desk.runner.work(), [message])
    work = desk.runner.work()
    work.park(message, "invented")
    await work.commit()
    assert await desk.engine.discard([(ARRIVED, message.id)], "invented") == 1
    for _ in range(3):
        assert await desk.sweep() == [NAME]
    assert desk.waiting().get(ARRIVED, 0) == 0
    monkeypatch.setattr(arrivals, "FOUND_AGAIN_SECONDS", 0.0)
    await desk.sweep()
    await desk.handle()
    is_taken_once(desk, 4500)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(lambda path: os.mkfifo(path / "pipe"), "it is a FIFO", id="FIFO"),
        pytest.param(lambda path: (path / "pipe").mkdir(), "it is a folder", id="folder"),
        pytest.param(
            lambda path: (path / "pipe").symlink_to("/etc/hosts"),
            "it is a link; links are not followed",
            id="link",
        ),
    ],
)
async def test_what_is_no_file_is_held_once_and_settled_when_it_is_gone(
    desk: Desk, store: Store, make: Callable[[Path], object], reason: str
) -> None:
    make(store.path)
    put(store)
    for _ in range(3):
        await desk.sweep()
        await desk.handle()
    held = desk.ledger()["pipe"]
    assert (held.state.value, held.reason, held.attempts) == ("held", reason, 1)
    assert desk.rows() == {NAME: 4}
    (store.path / "pipe").rename(store.path / ".pipe")
    commits = desk.engine.commits
    await desk.sweep()
    await desk.sweep()
    assert (desk.ledger()["pipe"].settled, desk.engine.commits) == ("removed from the store", commits + 1)


async def test_a_name_that_is_not_utf_8_is_held_by_a_name_that_can_be_printed(
    desk: Desk, store: Store
) -> None:
    put(store)
    os.close(os.open(os.fsencode(store.path) + b"/DE_\xe9\n.DAT", os.O_CREAT))
    assert await desk.sweep() == [NAME]
    await desk.handle()
    assert desk.ledger()["DE_\\xe9\\n.DAT"].reason == "its name is not UTF-8"
    assert desk.rows() == {NAME: 4}


class Guarded(Store):
    """A folder in which one file may not be read."""

    def _opened(self, name: str) -> BinaryIO:
        if name == OTHER:
            raise PermissionError(errno.EACCES, "Permission denied")
        return super()._opened(name)


async def test_a_file_that_may_not_be_read_is_held_and_tried_again_later_and_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Guarded(tmp_path / "in", make=True)
    desk = Desk(tmp_path, store)
    now = 1000.0
    monkeypatch.setattr(desk.engine, "time", lambda: now)
    put(store)
    put(store, OTHER)
    tries = []
    for _ in range(60 * 60 * 4 // 10):
        await desk.sweep()
        await desk.handle()
        tries.append(desk.ledger()[OTHER].attempts)
        now += 10
    assert desk.ledger()[OTHER].findings == ["held: permission denied"]
    assert desk.rows() == {NAME: 4}
    begun = [tries.index(number) * 10 for number in range(1, max(tries) + 1)]
    assert begun == [0, 60, 180, 420, 900, 1860, 3780, 7380, 10980]
    desk.engine.close()


async def test_a_good_copy_of_a_refused_file_is_found_and_taken(desk: Desk, store: Store) -> None:
    put(store, text="\0\0\0\0")
    await desk.sweep()
    await desk.handle()
    assert desk.ledger()[NAME].findings == ["refused: it is not a text file"]
    put(store)
    await desk.sweep()
    await desk.handle()
    is_taken_once(desk)
    assert await desk.sweep() == []


async def test_a_store_that_is_away_is_waited_for_and_nothing_is_parked(desk: Desk, store: Store) -> None:
    put(store)
    await desk.tell(NAME, "v1:1")
    store.away = True
    [message] = await desk.engine.claim(ARRIVED, 1)
    with pytest.raises(TransientError, match="the store: it is away"):
        await desk.arrivals.take(desk.runner.work(), [message])
    await desk.engine.release([message], 0)
    with pytest.raises(BaseExceptionGroup) as caught:
        await desk.hasty.drain([ARRIVED])
    assert caught.group_contains(PatienceExhaustedError, match="it is away")
    with pytest.raises(OSError, match="it is away"):
        await desk.sweep()
    assert (desk.parked(), desk.waiting()) == ([], {ARRIVED: 1})
    store.away = False
    await desk.handle()
    is_taken_once(desk)


async def test_other_content_under_a_name_that_was_taken_is_held_beside_it_and_told_once(
    desk: Desk, store: Store
) -> None:
    put(store)
    await desk.tell(NAME, "v1:1")
    await desk.handle()
    put(store, text=content(5))
    await desk.tell(NAME, "v2:2")
    for _ in range(3):
        await desk.sweep()
        await desk.handle()
    first, second = desk.ledger_entries()
    assert (first.state.value, first.findings) == ("split", [])
    assert (second.state.value, second.name) == ("other_content", NAME)
    assert second.findings == [
        "other content: a file of this name with other content was processed before (4 rows, 87 bytes);"
        " if this one is right, deliver it under a new number"
    ]
    assert desk.waiting() == {"esr.queue.por.split": 3}
    assert desk.rows() == {NAME: 4}


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6, 7])
async def test_a_process_that_is_overtaken_by_another_leaves_the_rows_to_it(
    desk: Desk, store: Store, at: int
) -> None:
    put(store, text=content(4500))
    for event in ("v1:1", "v2:2"):
        await desk.tell(NAME, event)
    own, others = await desk.engine.claim(ARRIVED, 2)

    async def overtake() -> None:
        work = desk.runner.work()
        await desk.arrivals.take(work, [others])
        await work.commit([others])

    overtaken = Watched(desk.engine, at, overtake)
    work = Runner(overtaken, desk.runner.handlers, today=lambda: date(2026, 11, 24)).work()
    with contextlib.suppress(TransientError):
        await desk.arrivals.take(work, [own])
    assert overtaken.steps >= at
    await desk.engine.release([own], 0)
    await desk.handle()
    is_taken_once(desk, 4500)


TOKEN = {"Authorization": "Bearer an-invented-token"}


@pytest.fixture
def bucket(s3_endpoint: str) -> Any:
    """Return a bucket of this test's own."""
    client = boto3.resource(
        "s3",
        endpoint_url=s3_endpoint,
        region_name=REGION,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
    )
    return client.create_bucket(
        Bucket=f"invented-{uuid4()}", CreateBucketConfiguration={"LocationConstraint": REGION}
    )


def event(bucket: str, *keys: str) -> dict[str, Any]:
    """Return what S3 posts when these keys have been put."""
    return {
        "Records": [
            {
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": bucket}, "object": {"key": key, "sequencer": "0055AED6DCD90281E5"}},
            }
            for key in keys
        ]
    }


async def test_a_file_in_s3_whose_event_is_posted_twice_is_taken_once(
    tmp_path: Path, s3_endpoint: str, bucket: Any
) -> None:
    bucket.put_object(Key=f"from-esr/{NAME}", Body=content(3).encode())
    settings = S3Settings(
        bucket=bucket.name,
        prefix="from-esr/",
        region=REGION,
        endpoint=s3_endpoint,
        access_key_id=KEY_ID,
        secret_access_key=SECRET,
        timeout_seconds=10,
    )
    desk = Desk(tmp_path, S3Files(settings))

    async def visit(url: str) -> None:
        raise AssertionError(url)

    record = recorder(desk.runner, "from-esr/")
    app = Starlette(routes=[S3Hook(record, "an-invented-token", None, visit, bucket.name).route()])
    elsewhere = ("from-esr/old/letter.txt", "to-esr/DE_EOE_APP_20261124_00000001.DAT")
    async with served(lambda _: app, "127.0.0.1", 0, setting="") as port, aiohttp.ClientSession() as client:
        for _ in range(2):
            body = event(bucket.name, f"from-esr/{NAME}", *elsewhere)
            answer = await client.post(f"http://127.0.0.1:{port}/events/s3", json=body, headers=TOKEN)
            assert answer.status == 202
    assert desk.waiting() == {ARRIVED: 1}
    await desk.handle()
    is_taken_once(desk)
    assert await desk.sweep() == []
    desk.engine.close()
