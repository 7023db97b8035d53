"""SFTP servers on loopback: asyncssh's own, a real OpenSSH, and a line between that can be cut."""

import asyncio
import getpass
import os
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncssh

from tis_esr.files.sftp import SftpSettings

USER = "penny.farthing"
PASSWORD = "not-a-real-password-17"  # noqa: S105 - invented, for a server of the test's own
SSHD = Path("/usr/sbin/sshd")


class OneUser(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


def known_hosts(path: Path, port: int, key: str) -> Path:
    path.write_text(f"[127.0.0.1]:{port} {key}\n", encoding="ascii")
    return path


@asynccontextmanager
async def asyncssh_server(home: Path) -> AsyncIterator[SftpSettings]:
    """Serve home/served as the root folder to one invented user."""
    (home / "served" / "outbound").mkdir(parents=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=OneUser,
        server_host_keys=[key],
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=bytes(home / "served")),
    )
    port = server.get_port()
    public = key.export_public_key().decode()
    yield SftpSettings(
        host="127.0.0.1",
        port=port,
        user=USER,
        folder="/outbound",
        known_hosts=known_hosts(home / "known_hosts", port, public),
        password=PASSWORD,
        timeout_seconds=10,
    )
    server.close()
    await server.wait_closed()


def make_key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "invented", "-f", path], check=True)
    return path.with_suffix(".pub").read_text(encoding="ascii")


def why_no_sshd() -> str | None:
    if not SSHD.exists() or not shutil.which("ssh-keygen"):
        return "no OpenSSH server is installed here"
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd wants it when it runs as root
    return None


@contextmanager
def openssh_server(home: Path, port: int) -> Iterator[SftpSettings]:
    """Serve home/outbound to whoever runs the test, with a key made for it."""
    (home / "outbound").mkdir()
    host_key = make_key(home / "host_key")
    (home / "authorized_keys").write_text(make_key(home / "user_key"), encoding="ascii")
    (home / "sshd_config").write_text(
        f"""
ListenAddress 127.0.0.1
Port {port}
HostKey {home}/host_key
AuthorizedKeysFile {home}/authorized_keys
PermitRootLogin yes
PasswordAuthentication no
UsePAM no
StrictModes no
PidFile none
Subsystem sftp internal-sftp
""",
        encoding="ascii",
    )
    with subprocess.Popen(
        [SSHD, "-D", "-e", "-f", home / "sshd_config"], stderr=subprocess.PIPE, text=True
    ) as sshd:
        said = ""
        while "Server listening" not in said:
            line = sshd.stderr.readline()
            assert line, f"sshd did not start: {said}"
            said += line
        threading.Thread(target=sshd.stderr.read, daemon=True).start()
        yield SftpSettings(
            host="127.0.0.1",
            port=port,
            user=getpass.getuser(),
            folder=str(home / "outbound"),
            known_hosts=known_hosts(home / "known_hosts", port, host_key),
            key_file=home / "user_key",
            timeout_seconds=10,
        )
        sshd.terminate()


class Line:
    """A TCP line to a server. After so many bytes towards it, it is cut or falls silent, once."""

    def __init__(self, port: int, *, cut_after: int | None = None, silent_after: int | None = None) -> None:
        self.to = port
        self.cut_after = cut_after
        self.silent_after = silent_after
        self.port = 0
        self.ends: list[asyncio.StreamWriter] = []

    @asynccontextmanager
    async def laid(self) -> AsyncIterator["Line"]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        yield self
        server.close()
        for end in self.ends:
            end.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        self.ends += [writer, far_writer]
        async with asyncio.TaskGroup() as both:
            both.create_task(self.forward(reader, far_writer))
            both.create_task(self.back(far_reader, writer))

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed = 0
        while block := await self.read(reader):
            passed += len(block)
            if self.cut_after is not None and passed > self.cut_after:
                self.cut_after = None
                for end in self.ends:
                    end.transport.abort()
                return
            if self.silent_after is None or passed <= self.silent_after:
                writer.write(block)
        writer.close()

    async def back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while block := await self.read(reader):
            writer.write(block)
        writer.close()

    async def read(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(65536)
        except ConnectionError:
            return b""
