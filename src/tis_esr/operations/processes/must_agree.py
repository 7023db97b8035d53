"""The settings that must be the same in every process that uses them, and their values without secrets."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Final

from pydantic import SecretStr

from tis_esr.operations.shown_settings import shown
from tis_esr.services.flow import CALLING_TCS
from tis_esr.settings import Settings

_READER: Final = frozenset({"InboundDataReader"})
_EXPORTER: Final = frozenset({"DataExporter"})
_EVENTS: Final = frozenset({"InboundDataReader", "TisChanges"})
_FILES: Final = _READER | _EXPORTER
_EVERY: Final[frozenset[str]] = frozenset()

MUST_AGREE: Final[Mapping[str, frozenset[str]]] = {
    "engine": _EVERY,
    "mongodb_database": _EVERY,
    "lease_seconds": _EVERY,
    "resend_seconds": _EVERY,
    "tcs_url": CALLING_TCS,
    "tcs_concurrency_total": CALLING_TCS,
    "tcs_uncertain_seconds": CALLING_TCS,
    "window_opens_days": _EXPORTER,
    "window_closes_weeks": _EXPORTER,
    "confirmation_due_days": _READER,
    "send_rtc": _READER,
    "export_wait_minutes": _EXPORTER,
    "files_in": _READER,
    "inbound": _READER,
    "files_out": _EXPORTER,
    "outbound": _EXPORTER,
    "s3_bucket": _FILES,
    "s3_endpoint": _FILES,
    "sftp_host": _FILES,
    "reconcile_all_cron": _EXPORTER,
    "reconcile_status_cron": frozenset({"InboundDataWriter"}),
    "daily_rules_cron": _EXPORTER,
    "applicants_cron": _EXPORTER,
    "notifications_cron": _EXPORTER,
    "keep_rows_days": _READER,
    "keep_personal_days": _READER,
    "keep_history_days": _READER,
    "events_token": _EVENTS,
    "traces": _EVERY,
    "traces_share": _EVERY,
}
"""By setting: the services that use it; no service stands for every process."""


def values(settings: Settings, services: Collection[str]) -> dict[str, str]:
    """Return the settings of a process with these services that must agree; a secret is shown by a fingerprint."""
    return {
        name: _value(getattr(settings, name), settings.mongodb_database)
        for name, users in MUST_AGREE.items()
        if not users or not users.isdisjoint(services)
    }


def digest(agreed: Mapping[str, str]) -> str:
    """Return a short digest over settings and their values."""
    text = "\n".join(f"{name}={value}" for name, value in sorted(agreed.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _value(value: object, salt: str) -> str:
    """Return a value for people; of a secret only 32 bits of a slow hash, too few to find the secret by guessing."""
    if not isinstance(value, SecretStr):
        return shown(value)
    secret = value.get_secret_value().encode()
    slow = hashlib.scrypt(secret, salt=salt.encode(), n=2**14, r=8, p=1, dklen=4)
    return f"(secret, fingerprint {slow.hex()})"
