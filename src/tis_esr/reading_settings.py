"""How settings are read: from the environment and ``tis-esr.toml``, with a sentence for each that is wrong."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Final
from urllib.parse import urlsplit

import structlog
from pydantic import ValidationError

from tis_esr.counted import counted
from tis_esr.settings import HTTP, LOOPBACK, PREFIX, BadSettingsError, Settings

_LOGIN: Final = ("tcs_token_url", "tcs_client_id", "tcs_client_secret")
_SIGN_IN: Final = (
    "console_url",
    "console_oidc_issuer",
    "console_oidc_client_id",
    "console_oidc_client_secret",
)
_LINKS: Final = re.compile(r"TIS_ESR_(SERVICE_(HOST|PORT)|PORT)(_\w+)?")
"""The variables that Kubernetes sets in every container for a service named tis-esr."""
_log = structlog.get_logger()


def load() -> Settings:
    """Return the settings in force; raises BadSettingsError."""
    for sentence in unknown_variables():
        _log.warning("unknown_setting", problem=sentence)
    try:
        settings = Settings()
    except ValidationError as error:
        problems = [_named(e["loc"]) + _problem(e["type"], e["msg"], e["loc"]) for e in error.errors()]
        raise BadSettingsError(problems) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettingsError([f"tis-esr.toml can't be read: {_toml_problem(error)}"]) from error
    except ValueError as error:
        raise BadSettingsError([f"a setting can't be read: {error}"]) from error
    if problems := list(_contradictions(settings)):
        raise BadSettingsError(problems)
    return settings


def _contradictions(settings: Settings) -> Iterator[str]:
    """Yield contradictions between settings that are each valid."""
    lacking = [name for name in _LOGIN if getattr(settings, name) is None]
    if lacking and len(lacking) < len(_LOGIN):
        yield f"{_named((lacking[0],))}is missing; {', '.join(_LOGIN)} go together"
    if settings.console_oidc_issuer is not None:
        yield from _of_sign_in(settings)
    if settings.tcs_token_url is not None and not HTTP.match(settings.tcs_token_url):
        yield f"{_named(('tcs_token_url',))}doesn't begin with http:// or https:// and a host"
    if settings.window_opens_days >= 7 * settings.window_closes_weeks:
        yield (
            f"{_named(('window_opens_days',))}{counted(settings.window_opens_days, 'day is', 'days are')} not before the end of"
            f" the window ({counted(settings.window_closes_weeks, 'week')}), so nothing would ever be sent"
        )
    if (settings.alarm_webhook_url is None) != (settings.alarm_webhook_secret is None):
        yield f"{_named(('alarm_webhook_secret',))}alarm_webhook_url and alarm_webhook_secret go together"
    mail = (settings.alarm_mail_to, settings.alarm_mail_from, settings.smtp_host)
    if any(mail) and not all(mail):
        yield f"{_named(('alarm_mail_to',))}alarm_mail_to, alarm_mail_from and smtp_host go together"
    if (settings.smtp_user is None) != (settings.smtp_password is None):
        yield f"{_named(('smtp_password',))}smtp_user and smtp_password go together"
    if not settings.keep_rows_days <= settings.keep_personal_days <= settings.keep_history_days:
        yield (
            f"settings keep_rows_days ({settings.keep_rows_days}), keep_personal_days"
            f" ({settings.keep_personal_days}) and keep_history_days ({settings.keep_history_days})"
            " must not decrease in this order"
        )


def _of_sign_in(settings: Settings) -> Iterator[str]:
    """Yield what sign-in with OIDC lacks, and addresses that it does not use."""
    missing = [name for name in _SIGN_IN if getattr(settings, name) is None]
    if missing:
        yield f"{_named((missing[0],))}is missing; {', '.join(_SIGN_IN)} go together"
    for name in ("console_oidc_issuer", "console_url"):
        if problem := _not_private(getattr(settings, name)):
            yield f"{_named((name,))}{problem}"


def _not_private(url: str | None) -> str:
    """Return what is wrong with an address that sign-in uses; "" for HTTPS, and for HTTP to this machine."""
    if url is None:
        return ""
    if not HTTP.match(url):
        return "doesn't begin with https:// and a host"
    parts = urlsplit(url)
    if parts.scheme.lower() == "http" and parts.hostname not in LOOPBACK:
        return "is not https://; without TLS only addresses of this machine are used"
    return ""


def _toml_problem(error: ValueError) -> str:
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


def unknown_variables(names: Iterable[str] | None = None) -> list[str]:
    """Return a sentence for each environment variable that looks like a setting and is not one."""
    found = os.environ if names is None else names
    strange = sorted(n for n in found if n.upper().startswith(PREFIX) and not _LINKS.fullmatch(n.upper()))
    return [
        f"{name} is not a setting and is ignored{_nearest(name.upper().removeprefix(PREFIX).lower())}"
        for name in strange
        if name.upper().removeprefix(PREFIX).lower() not in Settings.model_fields
    ]


def _nearest(name: str) -> str:
    near = get_close_matches(name, Settings.model_fields, n=1, cutoff=0.5)
    return f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""


def _problem(kind: str, message: str, place: tuple[int | str, ...]) -> str:
    if kind == "extra_forbidden":
        return f"is not a setting{_nearest('.'.join(map(str, place)))}"
    return message.removeprefix("Value error, ")


def _named(place: tuple[int | str, ...]) -> str:
    """Return the setting that a problem is about."""
    key = ".".join(map(str, place))
    return f"setting {key} (TIS_ESR_{key.upper()} or {key} in tis-esr.toml): "
