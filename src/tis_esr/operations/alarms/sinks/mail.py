"""Messages by e-mail, over SMTP."""

import asyncio
import hashlib
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from pydantic import SecretStr

from tis_esr.counted import counted
from tis_esr.operations.alarms.notice import Notice, lines_of
from tis_esr.operations.alarms.sinks.sink import PartlyAcceptedError, SinkError

_SECONDS = 10.0
_CONNECTION = "check TIS_ESR_SMTP_SECURITY and TIS_ESR_SMTP_PORT"
_ASCII = (
    "the mail server takes only addresses in ASCII; check TIS_ESR_ALARM_MAIL_TO and TIS_ESR_ALARM_MAIL_FROM"
)
_NO_LOGIN = "the mail server offers no login that is supported; leave TIS_ESR_SMTP_USER out"
Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True)
class Mail:
    """One list of addresses, by one mail server."""

    host: str
    port: int
    sender: str
    to: Sequence[str]
    security: Security = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    name: str = "mail"

    async def send(self, notice: Notice) -> None:
        """Send a message to all addresses. Raises SinkError, and PartlyAcceptedError if the server rejects some of them."""
        await _in_a_thread(lambda: self._send(mail_message(notice, self.sender, self.to)))

    def _send(self, message: EmailMessage) -> None:
        try:
            with self._connected() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user is not None and self.password is not None:
                    server.login(self.user, self.password.get_secret_value())
                refused = server.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise SinkError(f"could not send: {_reason(error)}") from error
        if refused:
            raise PartlyAcceptedError(
                f"the mail server rejected {len(refused)} of {counted(len(self.to), 'address', 'addresses')}"
            )

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=_SECONDS)


def mail_message(notice: Notice, sender: str, to: Sequence[str]) -> EmailMessage:
    """Return an e-mail; one that is delivered again has the same Message-ID."""
    title, *lines = lines_of(notice)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, ", ".join(to), f"tis-esr: {title}"
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = f"<{hashlib.sha256(notice.id.encode()).hexdigest()[:32]}@tis-esr>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(lines) + "\n")
    return message


def _reason(error: Exception) -> str:
    """Return what went wrong and, where a setting is to be changed, which; never what was sent."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return (
                f"the mail server rejected the login ({error.smtp_code});"
                " check TIS_ESR_SMTP_USER and TIS_ESR_SMTP_PASSWORD"
            )
        case smtplib.SMTPNotSupportedError():
            if "STARTTLS" in str(error):
                return f"the mail server does not offer STARTTLS; {_CONNECTION}"
            return _ASCII if "SMTPUTF8" in str(error) else _NO_LOGIN
        case smtplib.SMTPResponseException():
            return f"the mail server answered {error.smtp_code}"
        case smtplib.SMTPRecipientsRefused():
            return "the mail server rejected all addresses"
        case smtplib.SMTPException() if "authentication method" in str(error):
            return _NO_LOGIN
        case ssl.SSLCertVerificationError():
            return (
                f"the certificate of the mail server is not trusted ({error.verify_message.rstrip('.')});"
                " SSL_CERT_FILE names the certificates that are"
            )
        case ssl.SSLError():
            return f"no TLS connection to the mail server ({error.reason}); {_CONNECTION}"
        case TimeoutError() | smtplib.SMTPServerDisconnected():
            return "the mail server did not answer in time, or ended the connection"
        case _:
            return f"no connection to the mail server ({type(error).__name__}); {_CONNECTION}"


async def _in_a_thread(send: Callable[[], None]) -> None:
    """Run ``send`` in a thread of its own: one that hangs takes no thread from others, and does not keep the process."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def settle(error: BaseException | None) -> None:
        if ended.done():
            return
        if error is None:
            ended.set_result(None)
        else:
            ended.set_exception(error)

    def run() -> None:
        error: BaseException | None = None
        try:
            send()
        except Exception as caught:  # noqa: BLE001 - it is raised where it is awaited
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, error)

    threading.Thread(target=run, name="alarm mail", daemon=True).start()
    await ended
