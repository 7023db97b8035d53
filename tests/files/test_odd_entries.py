"""What can't be taken is told by name and reason, and costs no other file anything, wherever the files lie."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import asyncssh
import boto3
import pytest
from tests.files.conftest import KEY_ID, REGION, SECRET
from tests.files.sftp_servers import PASSWORD, USER, OneUser, known_hosts
from tests.files.test_file_stores import NAME, chunks, content
from tests.files.test_s3_trouble import error_answer, served

from tis_esr.files.file_store import (
    ContentMismatchError,
    FileStore,
    NoSuchFileError,
    StoreUnavailableError,
    UnreadableFileError,
)
from tis_esr.files.folder import Folder
from tis_esr.files.s3 import S3Files, S3Settings
from tis_esr.files.sftp import SftpFiles, SftpSettings

LOCKED = "DE_EMD_RMC_20261124_00001235.DAT"
DENIED = "permission denied"


@dataclass
class Place:
    """A store and the folder in which its files really lie."""

    store: FileStore
    folder: Path


class Habits(asyncssh.SFTPServer):
    """Tells no kind, no permissions and no times of its files; has no fsync; its rename replaces; one file is locked."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        await self._never_if("scandir")
        for name in sorted(each.name for each in self._place(path).iterdir()):
            yield asyncssh.SFTPName(name.encode(), b"", asyncssh.SFTPAttrs())

    def _place(self, path: bytes) -> Path:
        return Path(os.fsdecode(self.map_path(path)))

    def lstat(self, path: bytes) -> asyncssh.SFTPAttrs:
        super().lstat(path)
        return asyncssh.SFTPAttrs()

    def stat(self, path: bytes) -> asyncssh.SFTPAttrs:
        super().stat(path)
        return asyncssh.SFTPAttrs()

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
        if path.endswith(LOCKED.encode()):
            raise asyncssh.SFTPPermissionDenied("locked by another session")
        if self._place(path).is_dir():
            raise asyncssh.SFTPFailure("Failure")
        return super().open(path, pflags, attrs)

    silent = ""
    """The operation that is never answered, on a line that is otherwise alive."""

    async def read(self, file_obj: Any, offset: int, size: int) -> Any:
        await self._never_if("read")
        return super().read(file_obj, offset, size)

    async def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
        await self._never_if("write")
        return super().write(file_obj, offset, data)

    async def _never_if(self, operation: str) -> None:
        if self.silent == operation:
            await asyncio.Event().wait()

    def fsync(self, file_obj: object) -> None:
        raise asyncssh.SFTPOpUnsupported("no fsync here")

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self._place(oldpath).replace(self._place(newpath))


@asynccontextmanager
async def habitual_server(home: Path) -> AsyncIterator[SftpSettings]:
    (home / "served" / "outbound").mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=OneUser,
        server_host_keys=[key],
        sftp_factory=lambda channel: Habits(channel, chroot=bytes(home / "served")),
    )
    port = server.get_port()
    yield SftpSettings(
        host="127.0.0.1",
        port=port,
        user=USER,
        folder="/outbound",
        known_hosts=known_hosts(home / "known_hosts", port, key.export_public_key().decode()),
        password=PASSWORD,
        timeout_seconds=2,
    )
    server.close()
    await server.wait_closed()


@pytest.fixture
async def habitual(tmp_path: Path) -> AsyncIterator[Place]:
    async with habitual_server(tmp_path) as settings:
        yield Place(SftpFiles(settings), tmp_path / "served" / "outbound")


@pytest.fixture(params=["folder", "sftp by asyncssh", "sftp by OpenSSH"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    match request.param:
        case "folder":
            (tmp_path / "files").mkdir()
            return Place(Folder(tmp_path / "files"), tmp_path / "files")
        case "sftp by asyncssh":
            store = SftpFiles(request.getfixturevalue("sftp_settings"))
            return Place(store, tmp_path / "served" / "outbound")
    return Place(SftpFiles(request.getfixturevalue("openssh_settings")), tmp_path / "outbound")


def make_odd_things(folder: Path) -> None:
    (folder / NAME).write_bytes(b"a good one")
    (folder / ".hidden.part").write_bytes(b"x")
    (folder / "a folder").mkdir()
    (folder / "link.DAT").symlink_to(folder / NAME)
    os.mkfifo(folder / "pipe.DAT")
    for name in (b"caf\xe9.DAT", b"line\nend.DAT"):
        os.close(os.open(os.fsencode(folder) + b"/" + name, os.O_CREAT))


async def test_odd_entries_are_told_by_name_and_reason_and_a_good_one_is_listed_and_read(
    place: Place,
) -> None:
    make_odd_things(place.folder)
    listing = await place.store.listing()
    assert listing.names == [NAME]
    assert listing.odd == {
        "a folder": "it is a folder",
        "link.DAT": "it is a link; links are not followed",
        "pipe.DAT": "it is a FIFO",
        "caf\\xe9.DAT": "its name is not UTF-8",
        "line\\nend.DAT": "its name has a control character or an unusual blank",
    }
    assert await content(place.store, NAME) == b"a good one"


async def test_what_is_no_plain_file_is_never_opened(place: Place) -> None:
    make_odd_things(place.folder)
    for name in ("a folder", "link.DAT", "pipe.DAT"):
        with pytest.raises(UnreadableFileError):
            async with asyncio.timeout(10):
                await content(place.store, name)
    for name in ("caf\udce9.DAT", "../secret", "nothing.DAT"):
        with pytest.raises(NoSuchFileError):
            await content(place.store, name)


async def test_a_stamp_changes_with_the_file_and_not_without(place: Place) -> None:
    (place.folder / NAME).write_bytes(b"one")
    os.utime(place.folder / NAME, (1_700_000_000, 1_700_000_000))
    first = (await place.store.listing()).stamps
    assert (await place.store.listing()).stamps == first
    (place.folder / NAME).write_bytes(b"three")
    assert (await place.store.listing()).stamps != first


async def test_a_server_that_tells_nothing_of_its_files_and_locks_one_costs_the_others_nothing(
    habitual: Place,
) -> None:
    (habitual.folder / "a folder").mkdir()
    for name in (NAME, LOCKED):
        (habitual.folder / name).write_bytes(b"a good one")
    assert (await habitual.store.listing()).names == [NAME, LOCKED, "a folder"]
    with pytest.raises(UnreadableFileError, match=DENIED):
        await content(habitual.store, LOCKED)
    with pytest.raises(UnreadableFileError, match="the server rejected it"):
        await content(habitual.store, "a folder")
    assert await content(habitual.store, NAME) == b"a good one"


async def test_an_operation_that_is_never_answered_is_given_up_whatever_else_the_server_answers(
    habitual: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    (habitual.folder / NAME).write_bytes(b"a good one")
    async with asyncio.timeout(20):
        monkeypatch.setattr(Habits, "silent", "scandir")
        with pytest.raises(StoreUnavailableError, match="timed out"):
            await habitual.store.listing()
        monkeypatch.setattr(Habits, "silent", "write")
        with pytest.raises(StoreUnavailableError, match="timed out"):
            await habitual.store.write("other.DAT", chunks(b"bytes"))
        monkeypatch.setattr(Habits, "silent", "read")
        with pytest.raises(UnreadableFileError, match="timed out when it was read"):
            await content(habitual.store, NAME)
        monkeypatch.setattr(Habits, "silent", "")
        assert await content(habitual.store, NAME) == b"a good one"


async def test_a_server_without_fsync_whose_rename_replaces_still_overwrites_nothing(habitual: Place) -> None:
    await habitual.store.write("a.DAT", chunks(b"the first"))
    await habitual.store.write("a.DAT", chunks(b"the first"))
    with pytest.raises(ContentMismatchError):
        await habitual.store.write("a.DAT", chunks(b"another"))
    assert (habitual.folder / "a.DAT").read_bytes() == b"the first"
    assert [path.name for path in habitual.folder.iterdir()] == ["a.DAT"]


async def test_a_folder_that_is_gone_is_the_stores_trouble(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    store = Folder(tmp_path / "files")
    (tmp_path / "files").rmdir()
    with pytest.raises(OSError, match="files"):
        await store.listing()
    with pytest.raises(StoreUnavailableError):
        await content(store, NAME)


@pytest.fixture
def objects(s3_settings: S3Settings) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=s3_settings.endpoint,
        region_name=REGION,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
    )


async def test_an_archived_object_is_told_and_its_neighbour_is_read(
    s3_settings: S3Settings, objects: Any
) -> None:
    for name, storage in ((NAME, "STANDARD"), (LOCKED, "GLACIER")):
        objects.put_object(
            Bucket=s3_settings.bucket, Key=s3_settings.prefix + name, Body=b"a good one", StorageClass=storage
        )
    store = S3Files(s3_settings)
    with pytest.raises(UnreadableFileError, match="the object is archived; restore it in S3"):
        await content(store, LOCKED)
    assert await content(store, NAME) == b"a good one"


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        ("/x.DAT", {"/": "keys with an empty or odd folder name can't be opened"}),
        ("./y.DAT", {"./": "keys with an empty or odd folder name can't be opened"}),
        ("c\x01.DAT", {"c\\x01.DAT": "its name has a control character or an unusual blank"}),
    ],
)
async def test_an_odd_key_is_told_and_its_neighbour_is_listed_as_ever(
    s3_settings: S3Settings, objects: Any, odd: str, told: dict[str, str]
) -> None:
    store = S3Files(s3_settings)
    objects.put_object(Bucket=s3_settings.bucket, Key=s3_settings.prefix + NAME, Body=b"a good one")
    before = (await store.listing()).stamps
    objects.put_object(Bucket=s3_settings.bucket, Key=s3_settings.prefix + odd, Body=b"x")
    listing = await store.listing()
    assert (listing.stamps, listing.odd) == (before, told)
    assert await content(store, NAME) == b"a good one"


@pytest.mark.parametrize("odd", [[], ["c\x01.DAT"]], ids=["", "beside an odd key"])
async def test_folder_markers_and_hidden_keys_are_left_out(
    s3_settings: S3Settings, objects: Any, odd: list[str]
) -> None:
    for name in ("", ".hidden", NAME, *odd):
        objects.put_object(Bucket=s3_settings.bucket, Key=s3_settings.prefix + name, Body=b"x")
    assert (await S3Files(s3_settings).listing()).names == [NAME]


async def test_a_refusal_of_everything_is_the_stores_trouble(s3_settings: S3Settings) -> None:
    async with served(error_answer(403, "AccessDenied")) as endpoint:
        with pytest.raises(StoreUnavailableError):
            await content(S3Files(replace(s3_settings, endpoint=endpoint)), NAME)
