"""A link that stands on an SFTP server where our temporary file goes is never written through."""

import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tis_esr.files.sftp import SftpFiles, SftpSettings


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def written_over_a_link(settings: SftpSettings, place: Path, *, exists: bool) -> None:
    victim = place / "victim"
    if exists:
        victim.write_bytes(b"kept")
    [folder] = [path for path in place.rglob("outbound") if path.is_dir()]
    (folder / ".a.part").symlink_to(victim)
    await SftpFiles(settings).write("a", chunks(b"content"))
    assert (folder / "a").read_bytes() == b"content"
    assert stat.S_ISREG((folder / "a").lstat().st_mode)
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert (victim.read_bytes() == b"kept") if exists else not victim.exists()


@pytest.mark.timeout(30)
@pytest.mark.parametrize("exists", [True, False])
async def test_a_link_under_the_temporary_name_is_removed_and_not_followed(
    sftp_settings: SftpSettings, tmp_path: Path, exists: bool
) -> None:
    await written_over_a_link(sftp_settings, tmp_path, exists=exists)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("exists", [True, False])
async def test_nor_is_it_by_openssh(openssh_settings: SftpSettings, tmp_path: Path, exists: bool) -> None:
    await written_over_a_link(openssh_settings, tmp_path, exists=exists)
