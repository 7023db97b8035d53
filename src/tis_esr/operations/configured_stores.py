"""Which file stores the settings name."""

from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from tis_esr.files.file_store import FileStore
from tis_esr.files.folder import Folder
from tis_esr.settings import BadSettingsError, Settings

_SETTLED_SECONDS = 2.0


def inbound_store(settings: Settings) -> FileStore:
    """Return the inbound store.

    Raises BadSettingsError, StoreUnavailableError, and BadFolderError also for a missing folder. It is never created,
    because its name may be mistyped.
    """
    if settings.files_in == "folder":
        return Folder(Path(settings.inbound), settled_seconds=_SETTLED_SECONDS)
    return _remote(settings, settings.files_in, settings.inbound, "TIS_ESR_FILES_IN")


def outbound_store(settings: Settings, *, make: bool = True) -> FileStore:
    """Return the outbound store; ``make`` a missing folder.

    Raises BadSettingsError, BadFolderError and StoreUnavailableError.
    """
    if settings.files_out == "folder":
        return Folder(Path(settings.outbound), make=make)
    return _remote(settings, settings.files_out, settings.outbound, "TIS_ESR_FILES_OUT")


def same_place(settings: Settings) -> bool:
    """Return whether the inbound and the outbound store are the same place."""
    if settings.files_in != settings.files_out:
        return False
    if settings.files_in == "folder":
        return Path(settings.inbound).resolve() == Path(settings.outbound).resolve()
    return settings.inbound.strip("/") == settings.outbound.strip("/")


def _remote(settings: Settings, kind: Literal["s3", "sftp"], place: str, asked_by: str) -> FileStore:
    """Return a store on a server. Its library is imported only here: each takes a large part of a command's start."""
    return (_s3 if kind == "s3" else _sftp)(settings, place, asked_by)


def _s3(settings: Settings, place: str, asked_by: str) -> FileStore:
    from tis_esr.files.s3 import S3Files, S3Settings

    return S3Files(
        S3Settings(
            bucket=required_setting(settings.s3_bucket, "s3_bucket", asked_by),
            prefix=place,
            region=settings.s3_region,
            endpoint=settings.s3_endpoint,
            access_key_id=secret_text(settings.s3_access_key_id),
            secret_access_key=secret_text(settings.s3_secret_access_key),
            timeout_seconds=settings.store_timeout_seconds,
        )
    )


def _sftp(settings: Settings, place: str, asked_by: str) -> FileStore:
    from tis_esr.files.sftp import SftpFiles, SftpSettings

    return SftpFiles(
        SftpSettings(
            host=required_setting(settings.sftp_host, "sftp_host", asked_by),
            port=settings.sftp_port,
            user=required_setting(settings.sftp_user, "sftp_user", asked_by),
            folder=place,
            known_hosts=Path(required_setting(settings.sftp_known_hosts, "sftp_known_hosts", asked_by)),
            key_file=settings.sftp_key_file,
            password=secret_text(settings.sftp_password),
            timeout_seconds=settings.store_timeout_seconds,
        )
    )


def required_setting(value: object, name: str, asked_by: str) -> str:
    """Return a setting that another one makes necessary. Raises BadSettingsError where it is missing."""
    if value is None:
        raise BadSettingsError([f"setting {name} (TIS_ESR_{name.upper()}) is missing; {asked_by} needs it"])
    return str(value)


def secret_text(secret: SecretStr | None) -> str | None:
    """Return the value of a secret setting."""
    return None if secret is None else secret.get_secret_value()
