"""The composition root: engine, TCS client, services and runner from the settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.embedded.store import EmbeddedEngine
from tis_esr.engine.runner import Runner
from tis_esr.services.day import clock
from tis_esr.services.flow import COLLECTIONS, handlers
from tis_esr.settings import Settings
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.tokens import NoToken, OidcClientCredentials, StaticToken, TokenSource


@asynccontextmanager
async def system(settings: Settings, state: Path, tcs_url: str, day: date) -> AsyncIterator[Runner]:
    """Open everything for a day's work on the embedded engine, and close it again."""
    engine = EmbeddedEngine(state, COLLECTIONS)
    try:
        tcs_settings = TcsSettings(
            base_url=tcs_url,
            concurrency=settings.tcs_concurrency,
            timeout_seconds=settings.tcs_timeout_seconds,
        )
        async with Tcs(tcs_settings, token_source(settings)) as tcs:
            yield Runner(
                engine, handlers(tcs), today=lambda: day, now=clock(day), patience=settings.patience_seconds
            )
    finally:
        engine.close()


def token_source(settings: Settings) -> TokenSource:
    """Return how tokens for TCS are got: by client credentials, a fixed one, or none."""
    if settings.tcs_token_url and settings.tcs_client_id and settings.tcs_client_secret:
        secret = settings.tcs_client_secret.get_secret_value()
        return OidcClientCredentials(settings.tcs_token_url, settings.tcs_client_id, secret)
    return StaticToken(settings.tcs_token.get_secret_value()) if settings.tcs_token else NoToken()


def window(settings: Settings) -> ApplicantWindow:
    """Return the days on which an applicant's placement may start to be sent."""
    return ApplicantWindow(opens_days=settings.window_opens_days, closes_weeks=settings.window_closes_weeks)
