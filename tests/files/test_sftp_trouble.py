"""What an SFTP store says when something is wrong, and that it never says a secret."""

import os
import pwd
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from tests.files.sftp_servers import PASSWORD, Line, known_hosts, make_key
from tests.files.test_file_stores import NAME, chunks, content

from tis_esr.files.file_store import StoreUnavailableError
from tis_esr.files.sftp import SftpFiles, SftpSettings

Call = Callable[[SftpFiles], Awaitable[object]]

CALLS: dict[str, Call] = {
    "check": lambda store: store.check(),
    "listing": lambda store: store.listing(),
    "open": lambda store: content(store, "a.DAT"),
    "write": lambda store: store.write("a.DAT", chunks(b"x")),
}
TWO_MEGABYTES = os.urandom(2 * 1024 * 1024)


@pytest.fixture(params=CALLS)
def call(request: pytest.FixtureRequest) -> Call:
    return CALLS[request.param]


async def trouble(settings: SftpSettings, call: Call) -> str:
    with pytest.raises(StoreUnavailableError) as raised:
        await call(SftpFiles(settings))
    said = str(raised.value)
    assert said.startswith(f"SFTP server {settings.host}:{settings.port} (TIS_ESR_SFTP_HOST): ")
    assert settings.password is None or settings.password not in said
    assert "\n" not in said
    return said


async def test_a_host_key_nobody_vouched_for_is_refused(
    sftp_settings: SftpSettings, call: Call, tmp_path: Path
) -> None:
    empty = tmp_path / "knows_nobody"
    empty.touch()
    said = await trouble(replace(sftp_settings, known_hosts=empty), call)
    assert "the server's host key is not in" in said
    assert "TIS_ESR_SFTP_KNOWN_HOSTS" in said


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
async def test_a_host_key_other_than_the_known_one_is_refused(
    sftp_settings: SftpSettings, tmp_path: Path, kind: str
) -> None:
    other = asyncssh.generate_private_key(kind).export_public_key().decode()
    known = known_hosts(tmp_path / "knows_another", sftp_settings.port, other)
    said = await trouble(replace(sftp_settings, known_hosts=known), CALLS["check"])
    assert "TIS_ESR_SFTP_KNOWN_HOSTS" in said


async def test_a_missing_list_of_known_hosts_is_no_leave_to_trust_anyone(
    sftp_settings: SftpSettings, tmp_path: Path
) -> None:
    said = await trouble(replace(sftp_settings, known_hosts=tmp_path / "nothing"), CALLS["check"])
    assert "No such file" in said
    assert "TIS_ESR_SFTP_KNOWN_HOSTS" in said


async def test_a_wrong_password_points_at_the_password(sftp_settings: SftpSettings, call: Call) -> None:
    said = await trouble(replace(sftp_settings, password=f"{PASSWORD}-misspelt"), call)
    assert "TIS_ESR_SFTP_PASSWORD" in said
    assert "TIS_ESR_SFTP_KEY_FILE" in said
    assert PASSWORD not in said


async def test_a_key_the_server_does_not_take_points_at_the_key(
    openssh_settings: SftpSettings, tmp_path: Path
) -> None:
    make_key(tmp_path / "strange_key")
    said = await trouble(replace(openssh_settings, key_file=tmp_path / "strange_key"), CALLS["check"])
    assert "TIS_ESR_SFTP_KEY_FILE" in said


async def test_without_key_or_password_none_is_taken_from_the_users_home(
    openssh_settings: SftpSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    (openssh_settings.key_file or home).rename(home / ".ssh" / "id_ed25519")
    monkeypatch.setenv("HOME", str(home))
    said = await trouble(replace(openssh_settings, key_file=None), CALLS["check"])
    assert "login rejected" in said


async def test_a_user_without_a_name_or_a_home_on_this_machine_is_no_trouble(
    sftp_settings: SftpSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for name in ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    assert (await SftpFiles(sftp_settings).listing()).names == []


@pytest.mark.parametrize("text", ["this is no key", None])
async def test_a_key_file_that_is_no_key_is_named(
    sftp_settings: SftpSettings, tmp_path: Path, text: str | None
) -> None:
    path = tmp_path / "key"
    if text is not None:
        path.write_text(text, encoding="ascii")
    said = await trouble(replace(sftp_settings, key_file=path), CALLS["check"])
    assert str(path) in said
    assert "TIS_ESR_SFTP_KEY_FILE" in said


async def test_a_host_that_is_not_there_is_named(sftp_settings: SftpSettings, call: Call) -> None:
    async with Line(sftp_settings.port).laid() as line:
        pass
    said = await trouble(replace(sftp_settings, port=line.port), call)
    assert "check TIS_ESR_SFTP_HOST" in said


async def test_a_missing_folder_is_named_and_no_file_is_called_missing(
    sftp_settings: SftpSettings, call: Call
) -> None:
    said = await trouble(replace(sftp_settings, folder="/nobody/made/this"), call)
    assert "/nobody/made/this" in said
    assert "TIS_ESR_SFTP_FOLDER" in said


def through(settings: SftpSettings, line: Line) -> SftpSettings:
    """Return the settings that lead to the same server by way of a line."""
    key = settings.known_hosts.read_text(encoding="ascii").split(" ", 1)[1].strip()
    beside = settings.known_hosts.with_name("known_line")
    return replace(settings, port=line.port, known_hosts=known_hosts(beside, line.port, key))


@pytest.fixture(params=["sftp_settings", "openssh_settings"])
def settings(request: pytest.FixtureRequest) -> SftpSettings:
    """Return the settings of each server in turn."""
    return request.getfixturevalue(request.param)


async def test_an_upload_cut_off_shows_no_file_and_succeeds_when_repeated(settings: SftpSettings) -> None:
    async with Line(settings.port, cut_after=1024 * 1024).laid() as line:
        store = SftpFiles(through(settings, line))
        with pytest.raises(StoreUnavailableError, match="the connection failed"):
            await store.write(NAME, chunks(TWO_MEGABYTES))
        assert (await store.listing()).names == []
        await store.write(NAME, chunks(TWO_MEGABYTES))
        assert (await store.listing()).names == [NAME]
        assert await content(store, NAME) == TWO_MEGABYTES


async def test_a_server_that_falls_silent_is_given_up(sftp_settings: SftpSettings) -> None:
    async with Line(sftp_settings.port, silent_after=1024 * 1024).laid() as line:
        store = SftpFiles(replace(through(sftp_settings, line), timeout_seconds=2))
        with pytest.raises(StoreUnavailableError, match="the connection failed"):
            await store.write(NAME, chunks(TWO_MEGABYTES))


async def test_what_an_earlier_try_left_is_never_written_into(
    openssh_settings: SftpSettings, tmp_path: Path
) -> None:
    store = SftpFiles(openssh_settings)
    await store.write(NAME, chunks(b"the first"))
    folder = Path(openssh_settings.folder)
    (folder / f".{NAME}.part").hardlink_to(folder / NAME)
    await store.write(NAME, chunks(b"the first"))
    assert [path.name for path in folder.iterdir()] == [NAME]
    assert (folder / NAME).read_bytes() == b"the first"


async def test_a_folder_we_may_not_write_to_points_at_what_we_may(sftp_settings: SftpSettings) -> None:
    class ReadOnly(asyncssh.SFTPServer):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            raise asyncssh.SFTPPermissionDenied("Permission denied")

    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[key], sftp_factory=ReadOnly, server_factory=Anyone
    )
    known = known_hosts(
        sftp_settings.known_hosts.with_name("known_read_only"),
        server.get_port(),
        key.export_public_key().decode(),
    )
    settings = replace(sftp_settings, port=server.get_port(), known_hosts=known, folder="/")
    said = await trouble(settings, CALLS["write"])
    server.close()
    assert "what TIS_ESR_SFTP_USER may do in TIS_ESR_SFTP_FOLDER" in said


class Anyone(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False


async def test_a_folder_that_is_right_passes_the_check(sftp_settings: SftpSettings) -> None:
    await SftpFiles(sftp_settings).check()


def test_the_settings_do_not_show_the_password(tmp_path: Path) -> None:
    settings = SftpSettings(
        host="sftp.invalid", user="penny", folder="/", known_hosts=tmp_path, password=PASSWORD
    )
    assert PASSWORD not in repr(settings)
