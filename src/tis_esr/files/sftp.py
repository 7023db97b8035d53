"""A folder on an SFTP server as a file store: files appear in one step, with all their bytes."""

import asyncio
import hashlib
import os
import posixpath
import pwd
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, TypeVar

import asyncssh

from tis_esr.files.file_store import (
    ContentMismatchError,
    FileStore,
    Listing,
    NoSuchFileError,
    StoreUnavailableError,
    UnreadableFileError,
    blocks,
    name_fault,
    printable,
)

BLOCK = 1024 * 1024
SLOWEST = 512 * 1024  # bytes a second; a slower server is disconnected
Answer = TypeVar("Answer")
_KINDS = {
    asyncssh.FILEXFER_TYPE_DIRECTORY: "it is a folder",
    asyncssh.FILEXFER_TYPE_SYMLINK: "it is a link; links are not followed",
    asyncssh.FILEXFER_TYPE_SPECIAL: "it is a device",
    asyncssh.FILEXFER_TYPE_SOCKET: "it is a socket",
    asyncssh.FILEXFER_TYPE_CHAR_DEVICE: "it is a device",
    asyncssh.FILEXFER_TYPE_BLOCK_DEVICE: "it is a device",
    asyncssh.FILEXFER_TYPE_FIFO: "it is a FIFO",
}


@dataclass(frozen=True, kw_only=True)
class SftpSettings:
    """The address of the folder, our credentials, and the server's host keys.

    ``timeout_seconds`` bounds connecting and logging in, and later the time without a response.
    """

    host: str
    port: int = 22
    user: str
    folder: str
    known_hosts: Path
    key_file: Path | None = None
    password: str | None = field(default=None, repr=False)
    timeout_seconds: float = 30.0


class SftpFiles(FileStore):
    """Files of one folder on an SFTP server, by name; see FileStore.

    Each call opens a separate connection; the caller retries. Any error of the connection is a StoreUnavailableError.
    Two writers must not write the same name at the same time.
    """

    def __init__(self, settings: SftpSettings) -> None:
        """Does not connect yet."""
        self.name = f"SFTP server {settings.host}:{settings.port} (TIS_ESR_SFTP_HOST)"
        self._settings = settings

    async def check(self) -> None:
        """Check whether the folder can be listed; raises StoreUnavailableError."""
        await self.listing()

    async def listing(self) -> Listing:
        """Return what is there; hidden files, and those being written, are left out. Raises StoreUnavailableError."""
        folder = (self._settings.folder or ".").encode()
        entries: list[asyncssh.SFTPName] = []
        async with self._client() as session:
            with self._errors_translated():
                found = session.sftp.scandir(folder)
                while entry := await session.answered(anext(found, None)):
                    entries.append(entry)
        stamps, odd = {}, {}
        for entry in entries:
            raw = entry.filename
            name = raw if isinstance(raw, str) else raw.decode(errors="surrogateescape")
            if name.startswith("."):
                continue
            if fault := name_fault(name) or _KINDS.get(_kind(entry.attrs), ""):
                odd[printable(name)] = fault
            else:
                stamps[name] = f"{entry.attrs.size} {entry.attrs.mtime}"
        return Listing(stamps, odd)

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[BinaryIO]:
        """Download a file and open the copy, seekable.

        Raises NoSuchFileError, UnreadableFileError if the folder exists and this file can't be read, and
        StoreUnavailableError.
        """
        if name_fault(name):
            raise NoSuchFileError(self.name, printable(name))
        with TemporaryFile() as copy:
            async with self._client() as session:
                await self._refuse_other_kinds(session, name)
                await self._read(session, name, copy.write)
            copy.seek(0)
            yield copy

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Write a file under a temporary name and put it in place in one step.

        Writing the same bytes again changes nothing, so a restart may repeat it. Raises ContentMismatchError, and
        then nothing was overwritten; StoreUnavailableError; whatever ``chunks`` raise.
        """
        part = self._path(f".{name}.part")
        digest = hashlib.sha256()
        async with self._client() as session:
            sftp, answered = session.sftp, session.answered
            with self._errors_translated():
                # Never write into what an earlier try left: a server cut off between the two halves of
                # a rename has it under both names.
                if await answered(_is_there(sftp, part)):
                    await answered(sftp.remove(part))
                remote = await answered(sftp.open(part, "xb"))
            async for block in blocks(chunks):
                digest.update(block)
                with self._errors_translated():
                    await answered(remote.write(block))
            with self._errors_translated():
                with suppress(asyncssh.SFTPOpUnsupported):
                    await answered(remote.fsync())
                await answered(remote.close())
                placed = await answered(self._put_in_place(sftp, part, self._path(name)))
            if not placed:
                await self._settle(session, part, name, digest.digest())

    async def _put_in_place(self, sftp: asyncssh.SFTPClient, part: str, final: str) -> bool:
        """Return whether the file was renamed, which fails if the name exists."""
        if await _is_there(sftp, final):
            return False
        try:
            # The plain rename refuses to replace a file; posix-rename would overwrite one.
            await sftp.rename(part, final)
        except asyncssh.SFTPError:
            if await _is_there(sftp, final):
                return False
            raise
        return True

    async def _settle(self, session: "_Session", part: str, name: str, digest: bytes) -> None:
        """Compare with the existing file of this name, and remove ours."""
        found = hashlib.sha256()
        try:
            await self._read(session, name, found.update)
        except NoSuchFileError as error:
            raise StoreUnavailableError(self.name, f"another program has just removed {name}") from error
        except UnreadableFileError as error:
            raise StoreUnavailableError(
                self.name, f"{name} is there and can't be read: {error.reason}"
            ) from error
        with self._errors_translated():
            await session.answered(session.sftp.remove(part))
        if found.digest() != digest:
            raise ContentMismatchError(self.name, name)

    async def _read(self, session: "_Session", name: str, take: Callable[[bytes], object]) -> None:
        with self._errors_translated(name):
            try:
                async with asyncio.timeout(self._settings.timeout_seconds):
                    remote = await session.sftp.open(self._path(name), "rb")
            except TimeoutError as error:
                reason = "timed out when it was opened"
                raise UnreadableFileError(self.name, name, reason) from error
        while True:
            with self._errors_translated(name):
                block: bytes = await session.answered(remote.read(BLOCK))
            if not block:
                break
            await asyncio.to_thread(take, block)
        with self._errors_translated():
            await session.answered(remote.close())

    async def _refuse_other_kinds(self, session: "_Session", name: str) -> None:
        """Raise UnreadableFileError for anything but a regular file: opening it may never return."""
        with self._errors_translated(name):
            attrs = await session.answered(session.sftp.lstat(self._path(name)))
        if fault := _KINDS.get(_kind(attrs), ""):
            raise UnreadableFileError(self.name, name, fault)

    def _path(self, name: str) -> str:
        return posixpath.join(self._settings.folder, name)

    @asynccontextmanager
    async def _client(self) -> AsyncIterator["_Session"]:
        settings = self._settings
        connection = await self._connect()
        try:
            with self._errors_translated():
                sftp = await connection.start_sftp_client()
                session = _Session(sftp, connection, settings.timeout_seconds)
                there = await session.answered(_is_there(sftp, settings.folder or "."))
            if not there:
                raise StoreUnavailableError(
                    self.name,
                    f"folder {settings.folder} not found, or no access to it; check TIS_ESR_SFTP_FOLDER",
                )
            yield session
        finally:
            connection.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(settings.timeout_seconds):
                    await connection.wait_closed()
            connection.abort()

    async def _connect(self) -> asyncssh.SSHClientConnection:
        """Connect with our settings only: no agent, no keys or configuration of the user."""
        settings = self._settings
        known_hosts, keys = self._known_hosts(), self._keys()
        _name_the_user(settings.user)
        try:
            return await asyncssh.connect(
                settings.host,
                settings.port,
                username=settings.user,
                password=settings.password,
                # None means no keys; an empty list would mean those in the user's home.
                client_keys=keys or None,
                known_hosts=known_hosts,
                config=[],
                agent_path=None,
                gss_host=None,
                x509_trusted_certs=None,
                connect_timeout=settings.timeout_seconds,
                keepalive_interval=settings.timeout_seconds / 3,
                keepalive_count_max=3,
            )
        except (asyncssh.Error, OSError, ValueError) as error:
            raise StoreUnavailableError(self.name, _why_no_connection(error, settings)) from error

    def _known_hosts(self) -> asyncssh.SSHKnownHosts:
        path = self._settings.known_hosts
        try:
            return asyncssh.read_known_hosts(str(path))
        except (OSError, ValueError) as error:
            raise StoreUnavailableError(
                self.name, f"{path} can't be read ({_text(error)}); check TIS_ESR_SFTP_KNOWN_HOSTS"
            ) from error

    def _keys(self) -> list[asyncssh.SSHKey]:
        path = self._settings.key_file
        if path is None:
            return []
        try:
            return [asyncssh.read_private_key(path)]
        except (OSError, ValueError) as error:
            raise StoreUnavailableError(
                self.name, f"{path} can't be read ({_text(error)}); check TIS_ESR_SFTP_KEY_FILE"
            ) from error

    @contextmanager
    def _errors_translated(self, name: str | None = None) -> Iterator[None]:
        """Translate a library's error into ours; "not found" is about the file called ``name``, if any is."""
        try:
            yield
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath) as error:
            if name is None:
                raise StoreUnavailableError(self.name, "another program has just removed the file") from error
            raise NoSuchFileError(self.name, name) from error
        except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection) as error:
            raise StoreUnavailableError(self.name, f"the connection failed ({_text(error)})") from error
        except asyncssh.SFTPPermissionDenied as error:
            of_folder = "not allowed; check what TIS_ESR_SFTP_USER may do in TIS_ESR_SFTP_FOLDER"
            raise self._refused(name, "permission denied", of_folder) from error
        except asyncssh.SFTPError as error:
            said = f"the server rejected it ({_text(error)})"
            raise self._refused(name, said, said) from error
        except TimeoutError as error:
            of_file = "timed out when it was read"
            raise self._refused(name, of_file, "timed out") from error
        except (asyncssh.Error, OSError) as error:
            raise StoreUnavailableError(self.name, f"the connection failed ({_text(error)})") from error

    def _refused(self, name: str | None, of_file: str, of_folder: str) -> Exception:
        """Return whether the error concerns the file called ``name`` or the folder."""
        if name is not None:
            return UnreadableFileError(self.name, name, of_file)
        return StoreUnavailableError(self.name, of_folder)


@dataclass
class _Session:
    """One connection, with a timeout for an operation without a response while the server responds to others.

    It is twice ``seconds``: a server that does not respond at all is disconnected earlier, by the connection itself.
    """

    sftp: asyncssh.SFTPClient
    connection: asyncssh.SSHClientConnection
    seconds: float
    expired: bool = False

    async def answered(self, operation: Awaitable[Answer]) -> Answer:
        """Wait for an operation. Raises TimeoutError, and then the connection is closed, so nothing waits on it."""
        patience = 2 * self.seconds + BLOCK / SLOWEST
        timer = asyncio.get_running_loop().call_later(patience, self._expire)
        try:
            return await operation
        except (asyncssh.Error, OSError) as error:
            if self.expired:
                raise TimeoutError from error
            raise
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self.expired = True
        self.connection.abort()


def _name_the_user(name: str) -> None:
    """Provide the name and home of this machine's user for the library, although neither is used: a container's user may have none."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        os.environ.setdefault("LOGNAME", name)
        os.environ.setdefault("HOME", "/nonexistent")


async def _is_there(sftp: asyncssh.SFTPClient, path: str) -> bool:
    """Return whether the path exists, also as a broken link, or of a kind that the server does not report."""
    try:
        await sftp.lstat(path.encode())
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        return False
    return True


def _kind(attrs: asyncssh.SFTPAttrs) -> int:
    """Return the kind of an entry; a server may report it by type, by permissions, or not at all."""
    if attrs.type != asyncssh.FILEXFER_TYPE_UNKNOWN or attrs.permissions is None:
        return attrs.type
    return _BY_MODE.get(stat.S_IFMT(attrs.permissions), asyncssh.FILEXFER_TYPE_UNKNOWN)


_BY_MODE = {
    stat.S_IFDIR: asyncssh.FILEXFER_TYPE_DIRECTORY,
    stat.S_IFLNK: asyncssh.FILEXFER_TYPE_SYMLINK,
    stat.S_IFIFO: asyncssh.FILEXFER_TYPE_FIFO,
    stat.S_IFSOCK: asyncssh.FILEXFER_TYPE_SOCKET,
    stat.S_IFCHR: asyncssh.FILEXFER_TYPE_CHAR_DEVICE,
    stat.S_IFBLK: asyncssh.FILEXFER_TYPE_BLOCK_DEVICE,
}


def _why_no_connection(error: Exception, settings: SftpSettings) -> str:
    match error:
        case asyncssh.HostKeyNotVerifiable():
            return f"the server's host key is not in {settings.known_hosts}; check TIS_ESR_SFTP_KNOWN_HOSTS"
        case asyncssh.KeyExchangeFailed():
            return (
                f"no common SSH algorithm ({_text(error)}); check whether {settings.known_hosts}"
                " (TIS_ESR_SFTP_KNOWN_HOSTS) has a host key of the kind that the server offers"
            )
        case asyncssh.PermissionDenied():
            return (
                f"login rejected for user {settings.user}; check TIS_ESR_SFTP_USER,"
                " TIS_ESR_SFTP_KEY_FILE and TIS_ESR_SFTP_PASSWORD"
            )
        case TimeoutError():
            return "timed out; check TIS_ESR_SFTP_HOST and TIS_ESR_SFTP_PORT"
    return f"could not connect ({_text(error)}); check TIS_ESR_SFTP_HOST and TIS_ESR_SFTP_PORT"


def _text(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
