"""E-mails over STARTTLS and implicit TLS with a login: what the mail server refuses, or can't be trusted with, is told."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr
from tests.operations.alarms.receivers import MailServer, a_notice, mail_server

from tis_esr.operations.alarms.delivering import attempt
from tis_esr.operations.alarms.sinks import mail as mail_module
from tis_esr.operations.alarms.sinks.mail import Mail, Security

PASSWORD = "wh15per-and-shout"  # noqa: S105 - invented
LOGIN = ("tis-esr", PASSWORD)


def certificate(folder: Path, host: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """Return the context of a server with a self-signed certificate for a host, and the certificate's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "invented")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "certificate.pem", folder / "key.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file, key_file)
    return context, file


def mail(server: MailServer, security: Security, *, login: tuple[str, str] | None = LOGIN) -> Mail:
    user, password = login or (None, None)
    secret = None if password is None else SecretStr(password)
    return Mail("127.0.0.1", server.port, "tis-esr@example.org", ("ann@example.org",), security, user, secret)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_message_and_its_login_are_sent_only_over_an_encrypted_connection(
    security: Security, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with mail_server(tls=context, is_implicit=security == "tls", login=LOGIN) as server:
        assert await attempt(mail(server, security), a_notice()) == ""
    assert len(server.messages) == 1
    assert {verb for verb, is_secure in server.said if not is_secure} <= {"EHLO", "STARTTLS"}
    assert {"AUTH", "MAIL", "RCPT", "DATA"} <= {verb for verb, is_secure in server.said if is_secure}


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_login_that_the_mail_server_refuses_is_told_without_the_password(
    security: Security, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with mail_server(
        tls=context, is_implicit=security == "tls", login=("tis-esr", "another")
    ) as server:
        said = await attempt(mail(server, security), a_notice())
    assert said == (
        "could not send: the mail server rejected the login (535); check TIS_ESR_SMTP_USER and"
        " TIS_ESR_SMTP_PASSWORD"
    )
    assert server.messages == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_is_not_trusted_is_told_and_nothing_is_sent_to_that_server(
    security: Security, tmp_path: Path
) -> None:
    context, _ = certificate(tmp_path)
    async with mail_server(tls=context, is_implicit=security == "tls", login=LOGIN) as server:
        said = await attempt(mail(server, security), a_notice())
    assert said == (
        "could not send: the certificate of the mail server is not trusted (self-signed certificate);"
        " SSL_CERT_FILE names the certificates that are"
    )
    assert {verb for verb, _ in server.said} <= {"EHLO", "STARTTLS"}


async def test_a_certificate_of_another_host_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = certificate(tmp_path, "192.0.2.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with mail_server(tls=context, login=LOGIN) as server:
        said = await attempt(mail(server, "starttls"), a_notice())
    assert "is not trusted (IP address mismatch, certificate is not valid for '127.0.0.1')" in said


async def test_a_mail_server_without_what_the_settings_ask_for_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    wrong = "check TIS_ESR_SMTP_SECURITY and TIS_ESR_SMTP_PORT"
    async with mail_server() as server:
        said = await attempt(mail(server, "starttls"), a_notice())
        assert said == f"could not send: the mail server does not offer STARTTLS; {wrong}"
        said = await attempt(mail(server, "tls"), a_notice())
        assert said == f"could not send: no TLS connection to the mail server (WRONG_VERSION_NUMBER); {wrong}"
    async with mail_server(tls=context) as server:
        said = await attempt(mail(server, "starttls"), a_notice())
        assert said == (
            "could not send: the mail server offers no login that is supported; leave TIS_ESR_SMTP_USER out"
        )


async def test_a_mail_server_whose_login_is_of_another_kind_is_told() -> None:
    async with mail_server(login=LOGIN, methods="GSSAPI NTLM") as server:
        assert await attempt(mail(server, "none"), a_notice()) == (
            "could not send: the mail server offers no login that is supported; leave TIS_ESR_SMTP_USER out"
        )


async def test_a_mail_server_that_takes_no_address_with_other_letters_is_told() -> None:
    async with mail_server() as server:
        sink = Mail("127.0.0.1", server.port, "tis-esr@example.org", ("ané@example.org",), "none")
        assert await attempt(sink, a_notice()) == (
            "could not send: the mail server takes only addresses in ASCII; check TIS_ESR_ALARM_MAIL_TO and"
            " TIS_ESR_ALARM_MAIL_FROM"
        )


async def test_a_server_that_says_nothing_in_the_handshake_times_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail_module, "_SECONDS", 0.2)
    async with mail_server(silent=True) as server:
        sink = mail(server, "tls")
        async with asyncio.timeout(5):
            assert await attempt(sink, a_notice()) == (
                "could not send: the mail server did not answer in time, or ended the connection"
            )
