"""Which messages of SNS are believed."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from tis_esr.web.hooks.sns import BadSignatureError, SnsMessage, SnsVerifier

TOPIC = "arn:aws:sns:eu-west-2:000000000000:esr-files"
PEM_URL = "https://sns.eu-west-2.amazonaws.com/SimpleNotificationService-invented.pem"
SUBSCRIBE_URL = "https://sns.eu-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=invented-token"
UNFIT = "the signature does not match the message"
NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(until: datetime = NOW + timedelta(days=30), *, elliptic: bool = False) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.invented.test")])
    signing = ec.generate_private_key(ec.SECP256R1()) if elliptic else key()
    since = until - timedelta(days=60)
    builder = x509.CertificateBuilder(name, name, signing.public_key(), 1, since, until)
    return builder.sign(signing, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def signed(text: str, version: str = "1") -> str:
    how = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303 - what SNS does
    return b64encode(key().sign(text.encode(), padding.PKCS1v15(), how)).decode()


def notification(text: str = "{}", version: str = "1", topic: str = TOPIC, url: str = PEM_URL) -> SnsMessage:
    return SnsMessage(
        Type="Notification",
        MessageId="m-1",
        TopicArn=topic,
        Message=text,
        Timestamp="2026-11-24T07:59:00.000Z",
        SignatureVersion=version,
        SigningCertURL=url,
        Signature=signed(
            f"Message\n{text}\nMessageId\nm-1\nTimestamp\n2026-11-24T07:59:00.000Z\n"
            f"TopicArn\n{topic}\nType\nNotification\n",
            version,
        ),
    )


def confirmation(kind: str = "SubscriptionConfirmation", url: str = SUBSCRIBE_URL) -> SnsMessage:
    return SnsMessage(
        Type=kind,
        MessageId="m-2",
        TopicArn=TOPIC,
        Message="You have chosen to subscribe.",
        Timestamp="2026-11-24T07:58:00.000Z",
        SignatureVersion="1",
        SigningCertURL=PEM_URL,
        SubscribeURL=url,
        Token="invented-token",  # noqa: S106 - plainly none
        Signature=signed(
            f"Message\nYou have chosen to subscribe.\nMessageId\nm-2\nSubscribeURL\n{url}\n"
            "Timestamp\n2026-11-24T07:58:00.000Z\nToken\ninvented-token\n"
            f"TopicArn\n{TOPIC}\nType\n{kind}\n"
        ),
    )


class Certificates:
    """Gives out one certificate and keeps what was asked for."""

    def __init__(self, pem: bytes | None = None) -> None:
        self.pem = pem or certificate()
        self.asked: list[str] = []

    async def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        return self.pem


def verifier(certificates: Certificates | None = None) -> SnsVerifier:
    return SnsVerifier([TOPIC], certificates or Certificates(), now=lambda: NOW)


async def refusal(message: SnsMessage, certificates: Certificates | None = None) -> str:
    with pytest.raises(BadSignatureError) as caught:
        await verifier(certificates).verify(message)
    return caught.value.reason


@pytest.mark.parametrize("version", ["1", "2"])
async def test_a_notification_signed_in_either_version_is_believed(version: str) -> None:
    await verifier().verify(notification("Müller\nhas arrived", version))


async def test_a_subject_is_signed_too_where_there_is_one() -> None:
    text = (
        "Message\n{}\nMessageId\nm-1\nSubject\nAmazon S3\nTimestamp\n2026-11-24T07:59:00.000Z\n"
        f"TopicArn\n{TOPIC}\nType\nNotification\n"
    )
    with_subject = replace(notification(), Subject="Amazon S3", Signature=signed(text))
    await verifier().verify(with_subject)
    assert await refusal(replace(with_subject, Subject=None)) == UNFIT


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
async def test_confirmations_are_believed_by_their_own_fields(kind: str) -> None:
    await verifier().verify(confirmation(kind))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Message": "{ }"}, UNFIT),
        ({"MessageId": "m-9"}, UNFIT),
        ({"SignatureVersion": "2"}, UNFIT),
        ({"SignatureVersion": "3"}, "SignatureVersion is neither 1 nor 2"),
        ({"Signature": "not base64!"}, "Signature is not base64"),
        ({"Type": "Greeting"}, "Type is not one that SNS sends"),
        ({"Type": "SubscriptionConfirmation"}, "SubscribeURL is missing"),
    ],
)
async def test_a_message_that_was_tampered_with_is_refused(changes: dict[str, str], reason: str) -> None:
    assert await refusal(replace(notification(), **changes)) == reason


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://sns.eu-west-2.amazonaws.com.example/a.pem", "is not on a host of SNS"),
        ("https://s3.eu-west-2.amazonaws.com/a.pem", "is not on a host of SNS"),
        ("https://sns.eu-west-2.amazonaws.com@host.example/a.pem", "is not on a host of SNS"),
        ("https://host.example:1@sns.eu-west-2.amazonaws.com/a.pem", "is not on a host of SNS"),
        ("https://sns.eu-west-2.amazonaws.com:8443/a.pem", "is not on a host of SNS"),
        ("https://host.example\\@sns.eu-west-2.amazonaws.com/a.pem", "is not a valid URL"),
        ("https://sns.eu-west-2.amazonaws.com\n/a.pem", "is not a valid URL"),
        ("https://[sns.eu-west-2.amazonaws.com/a.pem", "is not a valid URL"),
        ("http://sns.eu-west-2.amazonaws.com/a.pem", "is not https"),
        ("https://sns.eu-west-2.amazonaws.com/?Name=a.pem", "does not name a .pem file"),
        ("https://sns.eu-west-2.amazonaws.com/a.pem?b", "does not name a .pem file"),
    ],
)
async def test_a_certificate_from_elsewhere_is_not_even_fetched(url: str, reason: str) -> None:
    certificates = Certificates()
    assert await refusal(notification(url=url), certificates) == f"SigningCertURL {reason}"
    assert certificates.asked == []


async def test_a_foreign_topic_is_refused_before_anything_is_fetched() -> None:
    certificates = Certificates()
    assert await refusal(notification(topic=f"{TOPIC}-other"), certificates) == "the topic is not one of ours"
    assert certificates.asked == []


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (certificate(NOW - timedelta(seconds=1)), "the certificate is not valid today"),
        (certificate(NOW + timedelta(days=61)), "the certificate is not valid today"),
        (certificate(elliptic=True), "the certificate's key is not an RSA key"),
        (b"<html>not found</html>", "SigningCertURL does not return a certificate"),
    ],
)
async def test_a_certificate_that_does_not_hold_today_is_refused(pem: bytes, reason: str) -> None:
    assert await refusal(notification(), Certificates(pem)) == reason


async def test_a_certificate_is_fetched_once_and_watched_for_its_end() -> None:
    certificates, days = Certificates(), iter([0, 29, 31])
    checking = SnsVerifier([TOPIC], certificates, now=lambda: NOW + timedelta(days=next(days)))
    await checking.verify(notification("one"))
    await checking.verify(notification("two"))
    with pytest.raises(BadSignatureError, match="not valid today"):
        await checking.verify(notification("three"))
    assert certificates.asked == [PEM_URL]


def test_only_a_url_of_sns_may_be_visited_to_confirm() -> None:
    assert verifier().subscribe_url(confirmation()) == SUBSCRIBE_URL
    for url in ("https://host.example/?Action=ConfirmSubscription", SUBSCRIBE_URL.replace("https", "http")):
        with pytest.raises(BadSignatureError, match="SubscribeURL is not"):
            verifier().subscribe_url(confirmation(url=url))


def test_only_a_subscription_is_confirmed() -> None:
    for message in (notification(), confirmation("UnsubscribeConfirmation")):
        with pytest.raises(BadSignatureError, match="not a subscription confirmation"):
            verifier().subscribe_url(message)
