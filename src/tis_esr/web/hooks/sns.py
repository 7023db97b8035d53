"""Verifies that a message was sent by Amazon SNS, and from a configured topic."""

import binascii
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tis_esr import wall_clock
from tis_esr.errors import TisEsrError

AWS_HOSTS: Final = re.compile(r"^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$")
"""The hosts of SNS's certificates and subscription confirmations."""

NOTIFICATION: Final = "Notification"
SUBSCRIPTION: Final = "SubscriptionConfirmation"
UNSUBSCRIPTION: Final = "UnsubscribeConfirmation"

_CONFIRMATION_SIGNS: Final = (
    "Message",
    "MessageId",
    "SubscribeURL",
    "Timestamp",
    "Token",
    "TopicArn",
    "Type",
)
_SIGNED: Final = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: _CONFIRMATION_SIGNS,
    UNSUBSCRIPTION: _CONFIRMATION_SIGNS,
}
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "1": hashes.SHA1(),  # noqa: S303 - what SNS signs with unless the topic asks for version 2
    "2": hashes.SHA256(),
}
_CERTIFICATES_KEPT: Final = 16


class SnsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The envelope that SNS sends, with SNS's field names. It must not be trusted before it is verified."""

    Type: str
    MessageId: str
    TopicArn: str
    Message: str
    Timestamp: str
    Signature: str
    SignatureVersion: str
    SigningCertURL: str
    Subject: str | None = None
    SubscribeURL: str | None = None
    Token: str | None = None


class BadSignatureError(TisEsrError):
    """A message is not to be trusted. ``reason`` says why and never quotes the message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SnsVerifier:
    """Verifies SNS's messages for the ``topics`` whose ARNs are given.

    ``fetch`` gets a certificate by its URL; it must not follow redirects. Its errors are passed on: a certificate that
    can't be obtained at the moment says nothing about the message. Certificates are cached once they could be read.
    ``certificate_hosts`` is matched against the whole of a URL's host, to which neither a port nor a user may be added.
    """

    def __init__(
        self,
        topics: Collection[str],
        fetch: Callable[[str], Awaitable[bytes]],
        certificate_hosts: re.Pattern[str] = AWS_HOSTS,
        now: Callable[[], datetime] = wall_clock.now,
    ) -> None:
        self._topics = frozenset(topics)
        self._fetch = fetch
        self._hosts = certificate_hosts
        self._now = now
        self._certificates: dict[str, x509.Certificate] = {}

    async def verify(self, message: SnsMessage) -> None:
        """Verify that a topic of ours sent ``message`` as it is; raises ``BadSignatureError`` otherwise.

        Nothing is fetched for a message of another topic, or from another host than SNS's.
        """
        signed = _string_to_sign(message)
        if message.TopicArn not in self._topics:
            raise BadSignatureError("the topic is not one of ours")
        algorithm = _HASHES.get(message.SignatureVersion)
        if algorithm is None:
            raise BadSignatureError("SignatureVersion is neither 1 nor 2")
        try:
            signature = b64decode(message.Signature, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadSignatureError("Signature is not base64") from error
        key = await self._key(message.SigningCertURL)
        try:
            key.verify(signature, signed, padding.PKCS1v15(), algorithm)
        except InvalidSignature as error:
            raise BadSignatureError("the signature does not match the message") from error

    def subscribe_url(self, message: SnsMessage) -> str:
        """Return the URL that confirms a subscription; raises ``BadSignatureError`` if it is not SNS's.

        Call ``verify`` first.
        """
        if message.Type != SUBSCRIPTION or message.SubscribeURL is None:
            raise BadSignatureError("the message is not a subscription confirmation")
        self._trusted(message.SubscribeURL, "SubscribeURL")
        return message.SubscribeURL

    async def _key(self, url: str) -> rsa.RSAPublicKey:
        parts = self._trusted(url, "SigningCertURL")
        if not parts.path.endswith(".pem") or parts.query or parts.fragment:
            # SNS's API lives on the same host, and its answers can hold text of the caller's choice.
            raise BadSignatureError("SigningCertURL does not name a .pem file")
        certificate = self._certificates.get(url) or _certificate(await self._fetch(url))
        if not certificate.not_valid_before_utc <= self._now() <= certificate.not_valid_after_utc:
            raise BadSignatureError("the certificate is not valid today")
        try:
            key = certificate.public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise BadSignatureError("the certificate's key can't be read") from error
        if not isinstance(key, rsa.RSAPublicKey):
            raise BadSignatureError("the certificate's key is not an RSA key")
        if len(self._certificates) >= _CERTIFICATES_KEPT and url not in self._certificates:
            self._certificates.clear()
        self._certificates[url] = certificate
        return key

    def _trusted(self, url: str, name: str) -> SplitResult:
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
            raise BadSignatureError(f"{name} is not a valid URL")
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise BadSignatureError(f"{name} is not a valid URL") from error
        if parts.scheme != "https":
            raise BadSignatureError(f"{name} is not https")
        if not self._hosts.fullmatch(parts.netloc):
            raise BadSignatureError(f"{name} is not on a host of SNS")
        return parts


def _string_to_sign(message: SnsMessage) -> bytes:
    names = _SIGNED.get(message.Type)
    if names is None:
        raise BadSignatureError("Type is not one that SNS sends")
    lines: list[str] = []
    for name in names:
        value: str | None = getattr(message, name)
        if value is not None:
            lines += (name, value)
        elif name != "Subject":
            raise BadSignatureError(f"{name} is missing")
    return "".join(f"{line}\n" for line in lines).encode()


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise BadSignatureError("SigningCertURL does not return a certificate") from error
