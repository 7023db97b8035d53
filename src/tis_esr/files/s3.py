"""An S3 bucket, or a prefix of one, as a file store: objects appear in one step, with all their bytes."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, TypeVar
from urllib.parse import urlsplit

import obstore
from botocore.exceptions import BotoCoreError, ClientError
from obstore.exceptions import AlreadyExistsError, BaseError, InvalidPathError
from obstore.store import S3Store

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
from tis_esr.files.s3_odd_keys import list_with_odd_keys

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

BLOCK = 1024 * 1024
PART = 8 * 1024 * 1024
PARTS_AT_ONCE = 4
ONE_STEP = 64 * 1024 * 1024
SLOWEST_UPLOAD = 128 * 1024  # bytes a second; a slower transfer is aborted

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class S3Settings:
    """The address of the bucket, and our credentials.

    Without an endpoint it is AWS's for the region; without keys, those of the machine's role. ``timeout_seconds``
    bounds connecting, and waiting for a response or for more bytes of one; uploads have more time, by their size.
    """

    bucket: str
    prefix: str
    region: str
    endpoint: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    timeout_seconds: float = 30.0


class S3Files(FileStore):
    """Files directly under a bucket's prefix, by name; see FileStore.

    Any error of the connection is a StoreUnavailableError.
    """

    def __init__(self, settings: S3Settings, *, one_step: int = ONE_STEP) -> None:
        """Does not connect yet; files of more than ``one_step`` bytes are written in parts.

        Raises StoreUnavailableError if the settings are not valid.
        """
        self.name = f"S3 bucket {settings.bucket} (TIS_ESR_S3_BUCKET)"
        self._settings = settings
        self._one_step = one_step
        if settings.endpoint is not None and not _is_address(settings.endpoint):
            raise StoreUnavailableError(
                self.name, f"{settings.endpoint} is not a valid http(s) URL; check TIS_ESR_S3_ENDPOINT"
            )
        self._store = self._connect()

    async def check(self) -> None:
        """Check whether the bucket can be listed; raises StoreUnavailableError."""
        await self.listing()

    async def listing(self) -> Listing:
        """Return the listing of the prefix, without hidden keys. Raises StoreUnavailableError."""
        try:
            found = await self._ask(lambda: obstore.list_with_delimiter(self._store))
        except StoreUnavailableError as error:
            if isinstance(error.__cause__, InvalidPathError):
                return await asyncio.to_thread(self._list_with_odd_keys)
            raise
        # S3 consoles mark a "folder" by an empty object named like the prefix: no file of ours.
        objects = {
            entry["path"]: entry
            for entry in found["objects"]
            if entry["path"] and not entry["path"].startswith(".")
        }
        faults = {name: name_fault(name) for name in objects}
        return Listing(
            {
                name: f"{entry['size']} {entry['e_tag']}"
                for name, entry in objects.items()
                if not faults[name]
            },
            {printable(name): fault for name, fault in faults.items() if fault},
        )

    def _list_with_odd_keys(self) -> Listing:
        prefix = self._settings.prefix.strip("/")
        try:
            return list_with_odd_keys(
                self._settings.bucket,
                f"{prefix}/" if prefix else "",
                region=self._settings.region,
                endpoint=self._settings.endpoint,
                access_key_id=self._settings.access_key_id,
                secret_access_key=self._settings.secret_access_key,
                timeout_seconds=self._settings.timeout_seconds,
            )
        except (BotoCoreError, ClientError) as error:
            reason = "the keys under the prefix can't be listed, and one of them is odd"
            raise StoreUnavailableError(self.name, reason) from error

    @asynccontextmanager
    async def open(self, name: str) -> AsyncIterator[BinaryIO]:
        """Download a file and open the copy, seekable.

        Raises NoSuchFileError, UnreadableFileError if the bucket can be listed and this object can't be read, and
        StoreUnavailableError.
        """
        with TemporaryFile() as copy:
            try:
                await self._read(name, copy.write)
            except StoreUnavailableError as error:
                if reason := _of_the_object(error.__cause__):
                    await self.listing()
                    raise UnreadableFileError(self.name, name, reason) from error
                raise
            copy.seek(0)
            yield copy

    async def write(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Create a file in one step; writing the same bytes again changes nothing.

        Raises ContentMismatchError, and then nothing was overwritten; StoreUnavailableError; whatever ``chunks`` raise.

        S3 has no conditional creation in parts. So a file too large for one step is checked before and read back after;
        a second writer at the same time may win, which is reported.
        """
        digest = hashlib.sha256()
        with TemporaryFile() as spool:
            async for block in blocks(chunks):
                await asyncio.to_thread(spool.write, block)
                digest.update(block)
            size = spool.tell()
            spool.seek(0)
            if size <= self._one_step:
                await self._create(name, await asyncio.to_thread(spool.read), digest.digest())
            else:
                await self._create_in_parts(name, spool, digest.digest())

    async def _create(self, name: str, content: bytes, digest: bytes) -> None:
        store = self._connect(sending=len(content))
        try:
            await self._ask(lambda: obstore.put(store, name, content, mode="create", use_multipart=False))
        except AlreadyExistsError:
            await self._expect(name, digest)

    async def _create_in_parts(self, name: str, spool: BinaryIO, digest: bytes) -> None:
        try:
            found = await self._digest(name)
        except NoSuchFileError:
            store = self._connect(sending=PART * PARTS_AT_ONCE)
            await self._ask(
                lambda: obstore.put(
                    store, name, spool, use_multipart=True, chunk_size=PART, max_concurrency=PARTS_AT_ONCE
                )
            )
            await self._expect(name, digest)
        else:
            if found != digest:
                raise ContentMismatchError(self.name, name)

    async def _expect(self, name: str, digest: bytes) -> None:
        try:
            found = await self._digest(name)
        except NoSuchFileError as error:
            raise StoreUnavailableError(
                self.name, f"another program is writing or removing {name}"
            ) from error
        if found != digest:
            raise ContentMismatchError(self.name, name)

    async def _digest(self, name: str) -> bytes:
        digest = hashlib.sha256()
        await self._read(name, digest.update)
        return digest.digest()

    async def _read(self, name: str, take: Callable[[bytes], object]) -> None:
        def download() -> None:
            for block in obstore.get(self._store, name).stream(min_chunk_size=BLOCK):
                take(block)

        await self._ask(download, name)

    def _connect(self, *, sending: int = 0) -> S3Store:
        patience = timedelta(seconds=self._settings.timeout_seconds + sending / SLOWEST_UPLOAD)
        with self._errors_translated():
            return S3Store(
                self._settings.bucket,
                prefix=self._settings.prefix or None,
                config=_config(self._settings),
                client_options=_client_options(self._settings, patience),
                retry_config=_retries(patience),
            )

    async def _ask(self, call: Callable[[], Answer], name: str | None = None) -> Answer:
        """Call the library in a thread.

        Its own async calls complete on threads that Python does not know, and a process that ends right after one is
        sometimes aborted (PyO3/pyo3-async-runtimes issue 40).
        """
        with self._errors_translated(name):
            return await asyncio.to_thread(call)

    @contextmanager
    def _errors_translated(self, name: str | None = None) -> Iterator[None]:
        """Translate a library's error into ours; "not found" is about the file called ``name``, if any is."""
        try:
            yield
        except AlreadyExistsError:
            raise
        except (BaseError, FileNotFoundError) as error:
            if name and isinstance(error, FileNotFoundError) and _code(error) != "NoSuchBucket":
                raise NoSuchFileError(self.name, name) from error
            raise StoreUnavailableError(self.name, _reason(error, self._settings)) from error


def _is_address(endpoint: str) -> bool:
    """Check for input on which the library would panic."""
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _config(settings: S3Settings) -> "S3Config":
    config: S3Config = {"region": settings.region}
    if settings.endpoint is not None:
        config["endpoint"] = settings.endpoint
    if settings.access_key_id is not None:
        config["access_key_id"] = settings.access_key_id
    if settings.secret_access_key is not None:
        config["secret_access_key"] = settings.secret_access_key
    return config


def _client_options(settings: S3Settings, patience: timedelta) -> "ClientConfig":
    return {
        "allow_http": (settings.endpoint or "").startswith("http://"),
        "connect_timeout": timedelta(seconds=settings.timeout_seconds),
        "read_timeout": patience,
        "timeout": timedelta(hours=1),  # a stall ends a transfer, its length doesn't
    }


def _retries(patience: timedelta) -> "RetryConfig":
    return {
        "max_retries": 2,
        "retry_timeout": patience,
        "backoff": {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=1),
            "base": 2,
        },
    }


def _code(error: Exception) -> str:
    """Return the code of S3's error response, or nothing if there is none."""
    found = re.search(r"<Code>(\w+)</Code>", str(error))
    return found[1] if found else ""


def _of_the_object(error: BaseException | None) -> str:
    """Return why S3 denies access to one object; "" if the bucket, the keys or the network may be the reason."""
    if not isinstance(error, Exception):
        return ""
    code = _code(error)
    if code == "InvalidObjectState":
        return "the object is archived; restore it in S3"
    if code in {
        "AccessDenied",
        "KMS.DisabledException",
        "KMS.NotFoundException",
        "KMS.KMSInvalidStateException",
    }:
        return f"S3 denies access to this object ({code}); check its permissions and its encryption key"
    return ""


def _reason(error: Exception, settings: S3Settings) -> str:
    """Return what is wrong. The library's own text contains the whole exchange, so it is not passed on."""
    text, code = str(error), _code(error)
    status = re.search(r"status code: (\d{3})", text)
    if code == "NoSuchBucket":
        return "no such bucket; check TIS_ESR_S3_BUCKET, TIS_ESR_S3_REGION and TIS_ESR_S3_ENDPOINT"
    if "169.254." in text or (settings.access_key_id is None) != (settings.secret_access_key is None):
        return "no credentials; set TIS_ESR_S3_ACCESS_KEY_ID and TIS_ESR_S3_SECRET_ACCESS_KEY, or give the machine a role"
    if status and status[1] in {"401", "403"}:
        return (
            f"access denied ({code or status[1]}); check TIS_ESR_S3_ACCESS_KEY_ID,"
            " TIS_ESR_S3_SECRET_ACCESS_KEY and what this key may do in the bucket"
        )
    if "redirect" in text:
        return "the bucket is in another region; check TIS_ESR_S3_REGION"
    if status:
        return f"the server returned {status[1]} {code}".rstrip()
    return (
        f"could not connect to {settings.endpoint or 'AWS'}, or timed out;"
        " check TIS_ESR_S3_ENDPOINT and TIS_ESR_S3_REGION"
    )
