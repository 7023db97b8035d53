"""What every file store promises, wherever the files lie."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tis_esr.files.file_store import ContentMismatchError, FileStore, NoSuchFileError
from tis_esr.files.folder import Folder
from tis_esr.files.s3 import S3Files, S3Settings
from tis_esr.files.sftp import SftpFiles

NAME = "DE_EMD_RMC_20261124_00001234.DAT"
FIVE_MEGABYTES = os.urandom(5 * 1024 * 1024)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def chunks_that_fail(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
    raise ConnectionResetError("the other side went away")


async def content(store: FileStore, name: str) -> bytes:
    async with store.open(name) as file:
        return file.read()


@pytest.fixture(params=["folder", "s3", "s3 in parts", "sftp by asyncssh", "sftp by OpenSSH"])
def store(request: pytest.FixtureRequest) -> FileStore:
    match request.param:
        case "folder":
            return Folder(request.getfixturevalue("tmp_path"))
        case "s3":
            return S3Files(request.getfixturevalue("s3_settings"))
        case "s3 in parts":
            return S3Files(request.getfixturevalue("s3_settings"), one_step=0)
        case "sftp by asyncssh":
            return SftpFiles(request.getfixturevalue("sftp_settings"))
    return SftpFiles(request.getfixturevalue("openssh_settings"))


async def test_what_is_written_is_read_back(store: FileStore) -> None:
    await store.write(NAME, chunks(b"first,", b"", b"second\n"))
    assert await content(store, NAME) == b"first,second\n"


async def test_an_empty_file_is_a_file(store: FileStore) -> None:
    await store.write(NAME, chunks())
    assert (await store.listing()).names == [NAME]
    assert await content(store, NAME) == b""


async def test_an_open_file_can_be_read_from_the_start_again(store: FileStore) -> None:
    await store.write(NAME, chunks(b"one line\n"))
    async with store.open(NAME) as file:
        assert file.read(3) == b"one"
        file.seek(0)
        assert file.read() == b"one line\n"


async def test_a_file_of_five_megabytes_passes_through(store: FileStore) -> None:
    await store.write(NAME, chunks(FIVE_MEGABYTES[:100_000], FIVE_MEGABYTES[100_000:]))
    assert await content(store, NAME) == FIVE_MEGABYTES


async def test_names_are_sorted(store: FileStore) -> None:
    assert (await store.listing()).names == []
    for name in ["b.DAT", "c.DAT", "a.DAT"]:
        await store.write(name, chunks(b"x"))
    assert (await store.listing()).names == ["a.DAT", "b.DAT", "c.DAT"]


async def test_a_file_that_is_not_there_says_so(store: FileStore) -> None:
    with pytest.raises(NoSuchFileError, match=r"has no file missing\.DAT"):
        await content(store, "missing.DAT")


async def test_the_same_bytes_written_again_change_nothing(store: FileStore) -> None:
    await store.write(NAME, chunks(b"the ", b"same"))
    await store.write(NAME, chunks(b"the same"))
    assert (await store.listing()).names == [NAME]
    assert await content(store, NAME) == b"the same"


async def test_other_bytes_under_the_same_name_are_refused_and_the_first_stay(
    store: FileStore,
) -> None:
    await store.write(NAME, chunks(b"the first"))
    with pytest.raises(ContentMismatchError, match=NAME):
        await store.write(NAME, chunks(b"the other"))
    assert await content(store, NAME) == b"the first"
    assert (await store.listing()).names == [NAME]


async def test_a_write_that_fails_half_way_leaves_no_file_and_the_next_one_succeeds(
    store: FileStore,
) -> None:
    await store.write("before.DAT", chunks(b"x"))
    with pytest.raises(ConnectionResetError, match="the other side went away"):
        await store.write(NAME, chunks_that_fail(b"only a half, which is longer"))
    assert (await store.listing()).names == ["before.DAT"]
    with pytest.raises(NoSuchFileError):
        await content(store, NAME)
    await store.write(NAME, chunks(b"the whole"))
    assert await content(store, NAME) == b"the whole"


async def test_what_a_reader_does_with_a_file_fails_as_itself(store: FileStore) -> None:
    await store.write(NAME, chunks(b"x"))
    with pytest.raises(FileNotFoundError, match="of the reader's own"):
        async with store.open(NAME):
            raise FileNotFoundError("of the reader's own")


async def test_only_what_lies_directly_under_the_prefix_is_named(s3_settings: S3Settings) -> None:
    for prefix in ["esr/outbound", "esr/outbound/done", "esr/outbound-old", ""]:
        store = S3Files(replace(s3_settings, prefix=prefix))
        await store.write(f"{prefix.replace('/', '_')}.DAT", chunks(b"x"))
    assert (await S3Files(s3_settings).listing()).names == ["esr_outbound.DAT"]


async def test_folders_in_a_folder_are_not_named(tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    assert (await Folder(tmp_path).listing()).names == []
