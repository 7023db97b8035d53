"""Messages to a Teams workflow, as Adaptive Cards."""

import json
from dataclasses import dataclass

from pydantic import SecretStr

from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.alarms.notice import Notice, lines_of
from tis_esr.operations.alarms.sinks.posting import post

_JSON = {"Content-Type": "application/json"}
_COLOURS = {Severity.CRITICAL: "Attention", Severity.WARNING: "Warning", Severity.INFO: "Default"}


@dataclass(frozen=True)
class Teams:
    """One channel of Teams, by its workflow's address."""

    url: SecretStr
    name: str = "teams"

    async def send(self, notice: Notice) -> None:
        """Send a message. Raises SinkError."""
        await post(self.url, json.dumps(teams_message(notice)).encode(), _JSON)


def teams_message(notice: Notice) -> dict[str, object]:
    """Return a message with one Adaptive Card of version 1.4."""
    title, *lines = lines_of(notice)
    heading = {
        "type": "TextBlock",
        "text": title,
        "weight": "Bolder",
        "size": "Medium",
        "wrap": True,
        "color": _COLOURS[notice.severity],
    }
    texts = [{"type": "TextBlock", "text": line, "wrap": True, "spacing": "Small"} for line in lines]
    card: dict[str, object] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [heading, *texts],
    }
    if notice.runbook:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Runbook", "url": notice.runbook}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}
