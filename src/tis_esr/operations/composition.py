"""The composition root: engine, TCS client, file stores, services and runner from the settings."""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

from tis_esr import wall_clock
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.retention_periods import Retention
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.production.server_checks import refuse_unusable
from tis_esr.engine.protocol import Engine
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Handler, Observer, Runner
from tis_esr.engine.supervision import Supervisor
from tis_esr.files.file_store import FileStore
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.configured_stores import required_setting, secret_text
from tis_esr.operations.configured_traces import traced
from tis_esr.operations.own_retention import OWN_RULES
from tis_esr.services.contracts.commands import (
    APPLICANT_COMMAND,
    DAILY_RULES_COMMAND,
    NOTIFICATION_COMMAND,
    RECONCILE_ALL_COMMAND,
)
from tis_esr.services.cron import next_day
from tis_esr.services.day import clock
from tis_esr.services.flow import CALLING_TCS, SERVICES, Dependencies, bindings_only, handlers
from tis_esr.services.retention.daily_purge import Purge
from tis_esr.services.tcs_budget import CLAIM_SECONDS, TcsBudget
from tis_esr.settings import Settings
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.tokens import NoToken, OidcClientCredentials, StaticToken, TokenSource

_DESK_SECONDS = 10.0


@dataclass(frozen=True)
class System:
    """A runner with its engine, TCS client and file stores, and the name of its process."""

    runner: Runner
    tcs: Tcs
    dependencies: Dependencies
    supervisor: Supervisor
    process: str


@asynccontextmanager
async def system(
    settings: Settings,
    state: Path | None,
    tcs_url: str,
    inbound: FileStore,
    out: FileStore,
    day: date,
    at: datetime | None = None,
) -> AsyncIterator[System]:
    """Open everything for one day's work, on a state file or the configured engine, and close it at the end.

    ``at`` is the moment at which it is done, instead of the current time of day; a state file has it too, unless it is to come.

    Raises NotTcsError, BadCollectorError and TaskFailedError.
    """
    process = process_name(settings, embedded=state is not None)
    async with (
        traced(settings, process, embedded=state is not None),
        Supervisor() as supervisor,
        _tcs(settings, tcs_url) as tcs,
    ):
        await tcs.check()
        dependencies = _dependencies(settings, tcs, inbound, out)
        found = handlers(dependencies)
        opened_at = None if at is None else min(at, wall_clock.now())
        async with engine_of(settings, found, supervisor, state, opened_at) as engine:
            now = clock(day) if at is None else lambda: at
            runner = Runner(engine, found, today=lambda: day, now=now, patience=settings.patience_seconds)
            async with budgeted(settings, runner, tcs, SERVICES, supervisor, process):
                yield System(runner, tcs, dependencies, supervisor, process)


@asynccontextmanager
async def serving(
    settings: Settings, inbound: FileStore, out: FileStore, observe: Observer, services: Sequence[str]
) -> AsyncIterator[System]:
    """Open everything for running services until stopped, on the engine that the settings name.

    Today is London's day.

    Raises what makes the engine unusable, named by its setting, NotTcsError, BadCollectorError and TaskFailedError.
    """
    url = required_setting(settings.tcs_url, "tcs_url", "tis-esr run")
    process = process_name(settings, embedded=False)
    async with (
        traced(settings, process, embedded=False),
        Supervisor() as supervisor,
        _tcs(settings, url) as tcs,
    ):
        dependencies = _dependencies(settings, tcs, inbound, out)
        found = handlers(dependencies)
        async with engine_of(settings, found, supervisor) as engine:
            await tcs.check()
            runner = Runner(engine, found, today=wall_clock.today, observe=observe)
            async with budgeted(settings, runner, tcs, services, supervisor, process):
                yield System(runner, tcs, dependencies, supervisor, process)


@asynccontextmanager
async def engine_for_operation(
    settings: Settings, state: Path | None = None, day: date | None = None, *, traces: bool = True
) -> AsyncIterator[Runner]:
    """Open the engine for a manual step that handles no messages itself, as of ``day`` or else of today in London.

    It is traced if the settings say so, except without ``traces``: a dry run does nothing. Raises BadCollectorError.
    """
    found = bindings_only()
    async with AsyncExitStack() as stack:
        if traces:
            process = process_name(settings, embedded=state is not None)
            await stack.enter_async_context(traced(settings, process, embedded=state is not None))
        supervisor = await stack.enter_async_context(Supervisor())
        engine = await stack.enter_async_context(engine_of(settings, found, supervisor, state))
        yield Runner(
            engine,
            found,
            today=lambda: day or wall_clock.today(),
            now=clock(day) if day is not None else wall_clock.now,
            patience=settings.patience_seconds,
        )


@asynccontextmanager
async def tcs_for_operation(settings: Settings, url: str | None) -> AsyncIterator[Tcs | None]:
    """Open TCS for interactive queries; None if its address is not set. Raises BadTcsUrlError."""
    address = url or settings.tcs_url
    if address is None:
        yield None
        return
    seconds = min(_DESK_SECONDS, settings.tcs_timeout_seconds)
    async with Tcs(TcsSettings(address, timeout_seconds=seconds, attempts=2), token_source(settings)) as tcs:
        yield tcs


@asynccontextmanager
async def engine_of(
    settings: Settings,
    found: Sequence[Handler],
    supervisor: Supervisor,
    state: Path | None = None,
    opened_at: datetime | None = None,
) -> AsyncIterator[Engine]:
    """Open the configured engine; a state file given by name selects the embedded one.

    Raises StateInUseError, UnusableStateError or UnusableServerError.
    """
    if settings.engine == "embedded" or state is not None:
        embedded = EmbeddedEngine(state or settings.state, ALL_COLLECTIONS, opened_at)
        try:
            yield embedded
        finally:
            embedded.close()
        return
    topology = queues(found)
    await refuse_unusable(addresses(settings), ALL_COLLECTIONS, topology)
    engine = ProductionEngine(addresses(settings), topology, supervisor)
    await engine.open()
    try:
        yield engine
    finally:
        await engine.close()


def reader_of(settings: Settings, state: Path | None = None) -> Reader:
    """Open the engine for reading. Raises UnusableStateError, BadSettingsError or TransientError."""
    if settings.engine == "production" and state is None:
        return ProductionReader(addresses(settings))
    return StateReader(state or settings.state)


def addresses(settings: Settings) -> ServerAddresses:
    """Return where the production engine's servers are. Raises BadSettingsError."""
    asked_by = "TIS_ESR_ENGINE=production"
    return ServerAddresses(
        amqp_url=required_setting(secret_text(settings.amqp_url), "amqp_url", asked_by),
        mongodb_url=required_setting(secret_text(settings.mongodb_url), "mongodb_url", asked_by),
        database=settings.mongodb_database,
        lease_seconds=settings.lease_seconds,
        resend_seconds=settings.resend_seconds,
    )


def _tcs(settings: Settings, url: str) -> Tcs:
    tcs_settings = TcsSettings(
        base_url=url,
        concurrency=settings.tcs_concurrency,
        timeout_seconds=settings.tcs_timeout_seconds,
        uncertain_seconds=settings.tcs_uncertain_seconds,
    )
    return Tcs(tcs_settings, token_source(settings))


def budgeted(
    settings: Settings,
    runner: Runner,
    tcs: Tcs,
    services: Sequence[str],
    supervisor: Supervisor,
    process: str,
) -> AbstractAsyncContextManager[None]:
    """Keep the calls to TCS within the budget of all processes on the store; no budget if no service calls TCS.

    Only one process uses a state file at a time, so it takes over the share that it had before it was killed.
    """
    if CALLING_TCS.isdisjoint(services):
        tcs.share(0, 0.0)
        return nullcontext()
    seconds = min(CLAIM_SECONDS, settings.lease_seconds)
    budget = TcsBudget(
        runner.work, tcs, process, total=settings.tcs_concurrency_total, most=settings.tcs_concurrency,
        seconds=seconds,
    )  # fmt: skip
    return budget.kept(supervisor)


def process_name(settings: Settings, *, embedded: bool) -> str:
    """Return a new name for this process that is unique on its store, which people read in lists and alarms.

    It has the machine's name; also a container that restarts has another one. On a state file there is only one process.
    """
    if embedded or settings.engine == "embedded":
        return "tis-esr"
    return f"{socket.gethostname()}-{uuid4().hex[:12]}"


def purge_of(settings: Settings, runner: Runner, inbound: FileStore | None, *, embedded: bool) -> Purge:
    """Return the purge; without the inbound store, invalid files stay in the ledger."""

    async def present() -> list[str]:
        assert inbound is not None  # noqa: S101 - not asked otherwise
        listing = await inbound.listing()
        return [*listing.stamps, *listing.odd]

    retention = Retention(settings.keep_rows_days, settings.keep_personal_days, settings.keep_history_days)
    name = process_name(settings, embedded=embedded)
    return Purge(runner, retention, name, present if inbound is not None else None, more=OWN_RULES)


def _dependencies(settings: Settings, tcs: Tcs, inbound: FileStore, out: FileStore) -> Dependencies:
    return Dependencies(
        tcs,
        inbound,
        out,
        window(settings),
        acknowledges=settings.send_rtc,
        export_wait=60 * settings.export_wait_minutes,
    )


def token_source(settings: Settings) -> TokenSource:
    """Return how tokens for TCS are obtained: by client credentials, a fixed one, or none."""
    if settings.tcs_token_url and settings.tcs_client_id and settings.tcs_client_secret:
        secret = settings.tcs_client_secret.get_secret_value()
        return OidcClientCredentials(settings.tcs_token_url, settings.tcs_client_id, secret)
    return StaticToken(settings.tcs_token.get_secret_value()) if settings.tcs_token else NoToken()


def crons(settings: Settings) -> dict[str, str]:
    """Return the schedule of each command: a cron expression, London time."""
    return {
        RECONCILE_ALL_COMMAND: settings.reconcile_all_cron,
        DAILY_RULES_COMMAND: settings.daily_rules_cron,
        APPLICANT_COMMAND: settings.applicants_cron,
        NOTIFICATION_COMMAND: settings.notifications_cron,
    }


def window(settings: Settings) -> ApplicantWindow:
    """Return the days on which an applicant's placement may start to be sent."""
    return ApplicantWindow(
        opens_days=settings.window_opens_days,
        closes_weeks=settings.window_closes_weeks,
        next_file=partial(next_day, settings.applicants_cron),
    )
