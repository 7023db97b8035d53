"""What a folder's files for ESR may not do: be read by others, follow a link, or hang on a FIFO."""

import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tis_esr.files.file_store import ContentMismatchError
from tis_esr.files.folder import Folder


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.fixture(params=[0o000, 0o022])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
async def test_a_folder_that_is_made_and_its_files_are_their_owners_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "a" / "out", make=True)
    await folder.write("DE_EOE_APP_20261124_00000001.DAT", chunks(b"HDR\n"))
    [file] = folder.path.iterdir()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder.path.parent, folder.path, file)]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("at", [".a.part", "a"])
@pytest.mark.parametrize("kind", ["link", "broken link", "fifo"])
async def test_no_link_and_no_fifo_is_written_through(tmp_path: Path, at: str, kind: str) -> None:
    folder, victim = Folder(tmp_path / "out", make=True), tmp_path / "victim"
    if kind == "link":
        victim.write_bytes(b"kept")
    if kind == "fifo":
        os.mkfifo(folder.path / at)
    else:
        (folder.path / at).symlink_to(victim)
    if at == "a":
        with pytest.raises(ContentMismatchError):
            await folder.write("a", chunks(b"content"))
    else:
        await folder.write("a", chunks(b"content"))
        assert (folder.path / "a").read_bytes() == b"content"
        assert not (folder.path / "a").is_symlink()
    assert (victim.read_bytes() == b"kept") if kind == "link" else not victim.exists()
    assert [path.name for path in folder.path.iterdir()] == ["a"]
