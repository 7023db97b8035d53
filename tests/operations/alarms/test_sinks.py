"""Each receiver gets a message in its own form; one that is down, slow, wrong or redirects is an error that names no secret."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from email import message_from_string, policy

import pytest
from pydantic import SecretStr
from tests.operations.alarms.receivers import a_notice, mail_server, web_server
from tests.operations.alarms.test_stored_alarms import world
from tests.services.bench import Benches
from tests.services.old_things import EXPORTER

from tis_esr.engine.supervision import no_beat
from tis_esr.operations.alarms.deliveries import DELIVERIES, DeliveryState, enqueue, statuses
from tis_esr.operations.alarms.delivering import attempt, deliver
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.alarms.sinks import mail as mail_module
from tis_esr.operations.alarms.sinks import posting
from tis_esr.operations.alarms.sinks.configured import sinks_of
from tis_esr.operations.alarms.sinks.mail import Mail, mail_message
from tis_esr.operations.alarms.sinks.slack import Slack, slack_message
from tis_esr.operations.alarms.sinks.teams import Teams, teams_message
from tis_esr.operations.alarms.sinks.webhook import Webhook, signature
from tis_esr.settings import Settings

NOTICE = a_notice()
TO = ("support@example.org", "ann@example.org")


def test_slack_gets_a_header_and_a_text_of_which_it_makes_no_link_or_mention() -> None:
    message = slack_message(a_notice(text="<!channel> a & b"))
    assert message["text"] == "WARNING raised: file-gap: &lt;!channel&gt; a &amp; b"
    header, section = message["blocks"]  # type: ignore[misc]
    assert header == {"type": "header", "text": {"type": "plain_text", "text": "WARNING raised: file-gap"}}
    assert "Consequence: affects EOE, LDN" in section["text"]["text"]
    assert "Alarm: tis-esr alarms show file-gap:RMT" in section["text"]["text"]


def test_slacks_limits_are_kept() -> None:
    message = slack_message(a_notice(title="T" * 500, text="x" * 9000))
    header, section = message["blocks"]  # type: ignore[misc]
    assert len(header["text"]["text"]) <= 150
    assert len(section["text"]["text"]) <= 3000


def test_a_message_that_is_too_long_for_slack_ends_with_a_whole_line_and_says_that_more_follows() -> None:
    lines = [f"warning: cause {number} & {'x' * 60}" for number in range(99)]
    _, section = slack_message(a_notice(text="\n".join(lines)))["blocks"]  # type: ignore[misc]
    *shown, last = section["text"]["text"].splitlines()
    assert [line.replace("&amp;", "&") for line in shown] == lines[: len(shown)]
    assert last == "(shortened; everything is in tis-esr alarms list and tis-esr digest)"


def test_teams_gets_an_adaptive_card_with_the_runbook_as_its_button() -> None:
    [attachment] = teams_message(a_notice(severity=Severity.CRITICAL))["attachments"]  # type: ignore[misc]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"], card["body"][0]["color"]) == ("AdaptiveCard", "1.4", "Attention")
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Runbook", "url": NOTICE.runbook}]
    assert "Names: EOE-RMT-7, LDN-RMT-9" in [block["text"] for block in card["body"]]


async def test_the_webhook_is_json_with_a_signature_that_the_receiver_can_compute() -> None:
    async with web_server() as server:
        sink = Webhook(SecretStr(server.address), SecretStr("whisper"), clock=lambda: 1764000000.4)
        await sink.send(NOTICE)
    [body], [headers] = server.bodies, server.headers
    found = json.loads(body)
    assert (found["alarm"], found["number"], found["members"]) == (
        "file-gap:RMT",
        2,
        ["EOE-RMT-7", "LDN-RMT-9"],
    )
    assert (headers["X-Tis-Esr-Id"], headers["X-Tis-Esr-Timestamp"]) == (NOTICE.id, "1764000000")
    assert headers["X-Tis-Esr-Signature"] == signature(SecretStr("whisper"), "1764000000", body)


def test_the_signature_is_the_one_that_anybody_else_computes() -> None:
    """By ``printf '1764000000.{}' | openssl dgst -sha256 -hmac whisper``."""
    assert signature(SecretStr("whisper"), "1764000000", b"{}") == (
        "sha256=68ec193abe8d58d8bee57a78d4e322bed6a26e72ab4afd42c06a72164ea96595"
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (500, "answered 500"),
        (404, "answered 404"),
        (302, "answered 302, a redirect, which is not followed: set the final address"),
        (307, "answered 307, a redirect, which is not followed: set the final address"),
    ],
)
async def test_any_answer_but_success_is_an_error_and_a_redirect_is_not_followed(
    answer: int, said: str
) -> None:
    async with web_server(answer) as server:
        assert await attempt(Slack(SecretStr(server.address)), NOTICE) == said
        assert (len(server.bodies), server.followed) == (1, 0)


async def test_a_receiver_that_never_answers_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "_SECONDS", 0.2)
    async with web_server(None) as server:
        assert await attempt(Teams(SecretStr(server.address)), NOTICE) == "did not answer within 0 s"


async def test_a_receiver_that_is_down_is_an_error_without_its_address() -> None:
    async with web_server() as server:
        address = server.address
    said = await attempt(Slack(SecretStr(f"{address}?token=secret")), NOTICE)
    assert said == "could not be reached (ClientConnectorError)"
    assert (
        await attempt(Slack(SecretStr("http://[broken")), NOTICE)
        == "could not be reached (InvalidUrlClientError)"
    )


async def test_an_email_has_the_same_facts_and_the_same_id_however_often_it_is_sent() -> None:
    async with mail_server() as server:
        sink = Mail("127.0.0.1", server.port, "tis-esr@example.org", TO, security="none")
        assert [await attempt(sink, NOTICE) for _ in range(2)] == ["", ""]
    assert server.recipients == [*TO, *TO]
    first, second = (message_from_string(text, policy=policy.default) for text in server.messages)
    assert first["Subject"] == "tis-esr: WARNING raised: file-gap"
    assert first["Message-ID"] == second["Message-ID"]
    assert re.search(r"^Who acts: support\r?$", first.get_body().get_content(), re.MULTILINE)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"answer": "451 try later"}, "could not send: the mail server answered 451"),
        ({"refuses": (TO[1],)}, "the mail server rejected 1 of 2 addresses"),
        ({"refuses": TO}, "could not send: the mail server rejected all addresses"),
    ],
)
async def test_a_mail_server_that_rejects_is_an_error(options: dict[str, object], said: str) -> None:
    async with mail_server(**options) as server:
        sink = Mail("127.0.0.1", server.port, "tis-esr@example.org", TO, security="none")
        assert await attempt(sink, NOTICE) == said


async def test_a_mail_server_that_says_nothing_times_out_and_one_that_is_down_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail_module, "_SECONDS", 0.2)
    async with mail_server(silent=True) as server:
        sink = Mail("127.0.0.1", server.port, "tis-esr@example.org", TO, security="none")
        assert await attempt(sink, NOTICE) == (
            "could not send: the mail server did not answer in time, or ended the connection"
        )
    sink = Mail("127.0.0.1", server.port, "tis-esr@example.org", TO, security="none")
    assert await attempt(sink, NOTICE) == (
        "could not send: no connection to the mail server (ConnectionRefusedError);"
        " check TIS_ESR_SMTP_SECURITY and TIS_ESR_SMTP_PORT"
    )


async def test_an_email_that_one_address_rejects_is_not_repeated_to_the_others_and_the_receiver_says_so(
    benches: Benches,
) -> None:
    async with mail_server(refuses=(TO[1],)) as server, benches.open(EXPORTER, world()) as bench:
        failures = Counter[str]()
        sink = Mail("127.0.0.1", server.port, "tis-esr@example.org", TO, security="none")
        work = bench.runner.work()
        await enqueue(work, (sink.name,), NOTICE)
        await work.commit()
        assert await deliver(bench.runner.work, sink, no_beat, failures) == 1
        [only] = (await bench.all(DELIVERIES)).values()
        now = datetime.fromtimestamp(bench.runner.work().time(), UTC)
        [status] = statuses(bench.reader(), [sink.name], now)
    assert (only.state, len(server.messages), failures) == (DeliveryState.SENT, 1, {"mail": 1})
    assert (status.waiting, status.error) == (0, "the mail server rejected 1 of 2 addresses")


def test_a_line_end_in_a_text_makes_no_header_of_an_email() -> None:
    message = mail_message(a_notice(text="a\nBcc: eve@example.org"), "tis-esr@example.org", TO)
    assert message["Bcc"] is None


async def test_a_receiver_whose_code_fails_is_an_error_like_any_other() -> None:
    class Broken:
        name = "broken"

        async def send(self, _: object) -> None:
            raise KeyError("a name of somebody")

    assert await attempt(Broken(), NOTICE) == "failed with KeyError"


def test_the_receivers_are_those_that_the_settings_name() -> None:
    assert sinks_of(Settings()) == []
    some = Settings(
        alarm_slack_url="https://hooks.example/1",
        alarm_teams_url="https://teams.example/2",
        alarm_webhook_url="https://any.example/3",
        alarm_webhook_secret="whisper",  # noqa: S106 - invented
        alarm_mail_to=TO,
        alarm_mail_from="tis-esr@example.org",
        smtp_host="mail.example.org",
    )
    assert [sink.name for sink in sinks_of(some)] == ["slack", "teams", "webhook", "mail"]
