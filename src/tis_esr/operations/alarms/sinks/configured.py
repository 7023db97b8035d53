"""The receivers that the settings name."""

from tis_esr.operations.alarms.sinks.mail import Mail
from tis_esr.operations.alarms.sinks.sink import Sink
from tis_esr.operations.alarms.sinks.slack import Slack
from tis_esr.operations.alarms.sinks.teams import Teams
from tis_esr.operations.alarms.sinks.webhook import Webhook
from tis_esr.settings import Settings


def sinks_of(settings: Settings) -> list[Sink]:
    """Return the receivers of alarms besides the log and /metrics, which always have them."""
    found: list[Sink] = []
    if settings.alarm_slack_url is not None:
        found.append(Slack(settings.alarm_slack_url))
    if settings.alarm_teams_url is not None:
        found.append(Teams(settings.alarm_teams_url))
    if settings.alarm_webhook_url is not None and settings.alarm_webhook_secret is not None:
        found.append(Webhook(settings.alarm_webhook_url, settings.alarm_webhook_secret))
    if settings.alarm_mail_to and settings.alarm_mail_from and settings.smtp_host:
        found.append(
            Mail(
                settings.smtp_host,
                settings.smtp_port,
                settings.alarm_mail_from,
                settings.alarm_mail_to,
                settings.smtp_security,
                settings.smtp_user,
                settings.smtp_password,
            )
        )
    return found
