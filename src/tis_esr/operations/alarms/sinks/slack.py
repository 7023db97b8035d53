"""Messages to a Slack incoming webhook."""

import json
from dataclasses import dataclass

from pydantic import SecretStr

from tis_esr.operations.alarms.notice import Notice, lines_of
from tis_esr.operations.alarms.sinks.posting import post

_LONGEST_HEADER = 150
_LONGEST_TEXT = 2900
_SHORTENED = "(shortened; everything is in tis-esr alarms list and tis-esr digest)"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Slack:
    """One channel of Slack, by its webhook."""

    url: SecretStr
    name: str = "slack"

    async def send(self, notice: Notice) -> None:
        """Send a message. Raises SinkError."""
        await post(self.url, json.dumps(slack_message(notice)).encode(), _JSON)


def slack_message(notice: Notice) -> dict[str, object]:
    """Return a message as blocks, with a plain text for notifications."""
    title, *lines = lines_of(notice)
    header = {"type": "plain_text", "text": title[:_LONGEST_HEADER]}
    text = _shortened("\n".join(map(_escaped, lines)))
    return {
        "text": f"{_escaped(title)}: {_escaped(notice.text)}"[:_LONGEST_TEXT],
        "blocks": [
            {"type": "header", "text": header},
            {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}},
        ],
    }


def _shortened(text: str) -> str:
    """Return as many whole lines as Slack shows, and say so if there are more."""
    if len(text) <= _LONGEST_TEXT:
        return text
    shown = text[:_LONGEST_TEXT].rpartition("\n")[0] or text[:_LONGEST_TEXT]
    return f"{shown}\n{_SHORTENED}"


def _escaped(text: str) -> str:
    """Return a text of which Slack makes no link and no mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
