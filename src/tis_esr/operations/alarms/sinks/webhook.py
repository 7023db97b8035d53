"""Messages to any address as JSON, signed: the receiver can verify that they come from here and are not repeated."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from pydantic import SecretStr

from tis_esr.operations.alarms.notice import Notice
from tis_esr.operations.alarms.sinks.posting import post

SIGNATURE, TIMESTAMP, ID = "X-Tis-Esr-Signature", "X-Tis-Esr-Timestamp", "X-Tis-Esr-Id"
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True)
class Webhook:
    """One address, and the secret that it shares with us."""

    url: SecretStr
    secret: SecretStr
    name: str = "webhook"
    clock: Callable[[], float] = time.time

    async def send(self, notice: Notice) -> None:
        """Send a message. Raises SinkError."""
        body, timestamp = _encoder.encode(notice), f"{self.clock():.0f}"
        headers = {
            "Content-Type": "application/json",
            ID: notice.id,
            TIMESTAMP: timestamp,
            SIGNATURE: signature(self.secret, timestamp, body),
        }
        await post(self.url, body, headers)


def signature(secret: SecretStr, timestamp: str, body: bytes) -> str:
    """Return ``sha256=`` and the HMAC in hexadecimal of the timestamp, a full stop and the body."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.get_secret_value().encode(), signed, hashlib.sha256).hexdigest()
