"""Every setting, from the environment (``TIS_ESR_...``) or from ``tis-esr.toml`` in the working folder."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from tis_esr import wall_clock
from tis_esr.engine.production.url_options import amqp_problem, mongodb_problem
from tis_esr.errors import Exit, TisEsrError
from tis_esr.services.cron import next_after
from tis_esr.tracing.collector_address import misfit_reason

PREFIX: Final = "TIS_ESR_"
HTTP: Final = re.compile(r"https?://[^/?#@\s]+", re.IGNORECASE)
"""How an address of a server begins."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
"""The names of this machine for itself."""
_MAY_BE_EMPTY: Final = {"inbound", "outbound"}


class BadSettingsError(TisEsrError):
    """One or more settings are not valid; the text names each and says what is wrong with it."""

    exit_code = Exit.USAGE

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _cron(text: str) -> str:
    next_after(text, wall_clock.now())
    return text


def _mongodb_url(url: SecretStr) -> SecretStr:
    if problem := mongodb_problem(url.get_secret_value()):
        raise ValueError(problem)
    return url


def _amqp_url(url: SecretStr) -> SecretStr:
    if problem := amqp_problem(url.get_secret_value()):
        raise ValueError(problem)
    return url


def _http_address(url: str) -> str:
    if not HTTP.match(url):
        raise ValueError("doesn't begin with http:// or https:// and a host")
    return url


def _collector_address(url: str) -> str:
    if reason := misfit_reason(url):
        raise ValueError(reason)
    return url


def _secret_address(url: SecretStr) -> SecretStr:
    _http_address(url.get_secret_value())
    return url


def _http_url(url: SecretStr) -> SecretStr:
    if not re.match(r"https?://[^/?#\s]+", url.get_secret_value()):
        raise ValueError("is not a valid address; write http://host:15672")
    return url


Cron = Annotated[str, AfterValidator(_cron)]
AlarmUrl = Annotated[SecretStr, AfterValidator(_secret_address)]
"""An address that is a secret: with it, anybody can send messages there."""


class Settings(BaseSettings):
    """All settings of an installation; secrets are never printed."""

    model_config = SettingsConfigDict(
        env_prefix="TIS_ESR_", toml_file="tis-esr.toml", frozen=True, extra="forbid"
    )

    engine: Literal["embedded", "production"] = "embedded"
    """Where state and messages are kept: ``embedded`` is one SQLite file, ``production`` is MongoDB and RabbitMQ."""
    state: Path = Path("tis-esr.sqlite")
    """The embedded engine's SQLite file."""
    amqp_url: Annotated[SecretStr, AfterValidator(_amqp_url)] | None = None
    """RabbitMQ, with user, password and virtual host: ``amqp://`` or, with TLS, ``amqps://``.

    Needed by the production engine.
    """
    amqp_management_url: Annotated[SecretStr, AfterValidator(_http_url)] | None = None
    """RabbitMQ's management API, for ``tis-esr doctor``: ``http://host:15672``, with user and password unless they are those of ``TIS_ESR_AMQP_URL``. Optional."""
    mongodb_url: Annotated[SecretStr, AfterValidator(_mongodb_url)] | None = None
    """MongoDB, with ``replicaSet``. Needed by the production engine."""
    mongodb_database: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,38}$")] = "tis_esr"
    """The MongoDB database."""
    lease_seconds: Annotated[float, Field(ge=1, le=600)] = 30.0
    """How long the messages of a dead process stay leased to it.

    Longer than any pause of the host, shorter than the recovery delay you can accept.
    """
    resend_seconds: Annotated[float, Field(ge=1, le=86400)] = 60.0
    """The delay after which a message that RabbitMQ has lost is published again."""
    tcs_url: str | None = None
    """TCS with its context path, for example ``https://tcs.example/tcs``."""
    tcs_concurrency: Annotated[int, Field(ge=1, le=200)] = 128
    """The most concurrent calls to TCS of one process. The limit adapts below it."""
    tcs_concurrency_total: Annotated[int, Field(ge=1, le=1000)] = 128
    """The most concurrent calls to TCS of all processes that share a database. Set the same value for all of them."""
    tcs_timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 30.0
    """The timeout of one attempt of a call to TCS."""
    tcs_uncertain_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """How long TCS may still act on a call that timed out or was cut off.

    Longer than any timeout of TCS and of its gateway.
    """
    tcs_token: SecretStr | None = None
    """A fixed bearer token for TCS."""
    tcs_token_url: str | None = None
    """The OIDC token endpoint, for client credentials instead of a fixed token."""
    tcs_client_id: str | None = None
    """The OIDC client id."""
    tcs_client_secret: SecretStr | None = None
    """The OIDC client secret."""
    patience_seconds: Annotated[float, Field(gt=0)] = 120.0
    """How long ``day``, ``redrive`` and ``export`` wait for a dependency that is unavailable before they stop with exit code 3. ``run`` waits indefinitely."""
    window_opens_days: Annotated[int, Field(ge=0, le=60)] = 2
    """The applicant window opens this many days after the day of the export: a placement that starts earlier is not sent."""
    window_closes_weeks: Annotated[int, Field(ge=1, le=52)] = 13
    """The applicant window closes this many weeks after the day of the export: a placement that starts on that day or later is not due yet."""

    confirmation_due_days: Annotated[int, Field(ge=0, le=30)] = 1
    """ESR confirms an APP or DNC file this many days after its day at the latest; from the next day on the file is unconfirmed."""
    send_rtc: bool = False
    """Whether ESR is sent an RTC file for each RMF and RMC, with the outcome of each row. Agree the layout with ESR first: it is not published."""

    files_in: Literal["folder", "s3", "sftp"] = "folder"
    """The kind of store that ESR's files come from."""
    files_out: Literal["folder", "s3", "sftp"] = "folder"
    """The kind of store that files for ESR are written to."""
    inbound: str = "in"
    """The inbound folder, S3 prefix, or folder on the SFTP server."""
    outbound: str = "out"
    """The outbound folder, S3 prefix, or folder on the SFTP server."""
    s3_bucket: str | None = None
    """The S3 bucket."""
    s3_region: str = "eu-west-2"
    """The S3 region."""
    s3_endpoint: str | None = None
    """The URL of the S3 server, if it is not AWS."""
    s3_access_key_id: SecretStr | None = None
    """The S3 access key id.

    Set it together with the secret access key; without both, the role of the machine is used.
    """
    s3_secret_access_key: SecretStr | None = None
    """The S3 secret access key."""
    sftp_host: str | None = None
    """The SFTP server."""
    sftp_port: Annotated[int, Field(ge=1, le=65535)] = 22
    """The port of the SFTP server."""
    sftp_user: str | None = None
    """The SFTP user."""
    sftp_known_hosts: Path | None = None
    """A file with the SFTP server's host key. Required for SFTP: an unknown host key is rejected."""
    sftp_key_file: Path | None = None
    """The private key for SFTP, without a passphrase. Set this or the password."""
    sftp_password: SecretStr | None = None
    """The password for SFTP."""
    store_timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 30.0
    """The timeout for connecting to a file store, and for a store that does not respond."""

    reconcile_all_cron: Cron = "0 1 * * *"
    """When all positions are compared with TIS, which finds changes that nobody reported: a cron expression of five fields, London time."""
    reconcile_status_cron: Cron | None = None
    """When the statuses that TIS lists of placements and posts are compared with what was exported and reconciled, and repaired: a cron expression of five fields, London time, such as ``0 2 * * *``. Off by default: it reads each placement and post once."""
    daily_rules_cron: Cron = "0 6 * * *"
    """When the daily rules are applied, which find what changed by the calendar alone: a cron expression of five fields, London time."""
    applicants_cron: Cron = "0 14 * * *"
    """When APP files are exported: a cron expression of five fields, London time.

    Separate several by semicolons: ``0 14 * * *; 30 15 * * *``.
    """
    notifications_cron: Cron = "0 15 * * *"
    """When DNC files are exported, in the same form."""
    export_wait_minutes: Annotated[float, Field(ge=0, le=600)] = 30.0
    """How long an export waits at most while inbound files of its deanery are unfinished or TCS is unavailable; then it goes with what is there, and says what it lacks.

    Shorter than the time between the APP and the DNC export.
    """
    sweep_seconds: Annotated[float, Field(gt=0, le=3600)] = 10.0
    """How often the inbound store is polled for new files."""
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = 25.0
    """How long work in progress may take to finish after SIGTERM."""
    alarm_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    """How often ``tis-esr run`` judges alarms."""
    alarm_slack_url: AlarmUrl | None = None
    """The address of a Slack incoming webhook that is sent alarms and the daily digest."""
    alarm_teams_url: AlarmUrl | None = None
    """The address of a Teams workflow ("When a Teams webhook request is received") that is sent them as Adaptive Cards."""
    alarm_webhook_url: AlarmUrl | None = None
    """An address that is sent them as JSON."""
    alarm_webhook_secret: SecretStr | None = None
    """The secret by which the JSON is signed (HMAC-SHA-256). Needed with the address."""
    alarm_mail_to: tuple[str, ...] = ()
    """The e-mail addresses that are sent them, as a JSON list."""
    alarm_mail_from: str | None = None
    """The sender of these e-mails."""
    alarm_runbooks_url: Annotated[str, AfterValidator(_http_address)] | None = None
    """Where people find the folder ``docs/runbooks``: messages link to it."""
    smtp_host: str | None = None
    """The mail server."""
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = 587
    """The port of the mail server."""
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection to the mail server is encrypted; ``none`` only within one machine."""
    smtp_user: str | None = None
    """The user at the mail server, if it needs a login."""
    smtp_password: SecretStr | None = None
    """The password at the mail server."""
    deadman_url: AlarmUrl | None = None
    """The address outside that is requested while alarms are judged and delivered; it raises an alarm when the requests stop."""
    deadman_seconds: Annotated[float, Field(gt=0, le=86400)] = 300.0
    """How often it is requested."""
    digest_cron: Cron = "0 17 * * *"
    """When the daily digest is sent: a cron expression of five fields, London time. After the exports."""
    keep_rows_days: Annotated[int, Field(ge=1, le=3650)] = 35
    """Days for which the states of inbound rows, and handled messages, are kept."""
    keep_personal_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days for which personal values that have served their purpose are kept, and parked messages.

    Not less than ``TIS_ESR_KEEP_ROWS_DAYS``.
    """
    keep_history_days: Annotated[int, Field(ge=1, le=3650)] = 400
    """Days for which the history that `tis-esr why` answers from is kept, and the ledger of files.

    Not less than ``TIS_ESR_KEEP_PERSONAL_DAYS``.
    """
    http_host: str = "127.0.0.1"
    """The address that health, metrics and the events endpoint listen on."""
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """The port of the same; 0 picks a free port, which is logged."""
    events_token: SecretStr | None = None
    """The bearer token of the events endpoint."""
    sns_topics: tuple[str, ...] = ()
    """The ARNs of the SNS topics whose events are accepted, as a JSON list."""
    console_host: str = "127.0.0.1"
    """The address that the console of `tis-esr console` and `tis-esr run --console` listens on. Without an OIDC provider it is a loopback address."""
    console_port: Annotated[int, Field(ge=0, le=65535)] = 8090
    """The port of the console; 0 picks a free port."""
    console_url: Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+$")] | None = None
    """The address of the console in browsers, without a path, for example ``https://tis-esr.example``: requests for any other host are refused. Needed with an OIDC provider."""
    console_oidc_issuer: str | None = None
    """The OIDC provider that people sign in at, for example ``https://sso.example/realms/tis``."""
    console_oidc_client_id: str | None = None
    """The client id of the console at the provider."""
    console_oidc_client_secret: SecretStr | None = None
    """The secret of that client. The same for all processes."""
    console_roles_claim: str = "realm_access.roles"
    """The claim of the ID token that lists roles or groups, as a path with dots; the default is that of Keycloak's realm roles."""
    console_roles: dict[Literal["viewer", "operator", "privacy", "administrator"], tuple[str, ...]] = {
        "viewer": ("tis-esr-viewer",),
        "operator": ("tis-esr-operator",),
        "privacy": ("tis-esr-privacy",),
        "administrator": ("tis-esr-administrator",),
    }
    """Which of the claim's values give which role, as JSON: ``{"viewer": ["tis-readers"], "operator": ["tis-support"]}``."""
    console_offices_claim: str | None = None
    """The claim that lists the deaneries a person may see, such as EOE, or ``*`` for all. Without this setting everybody sees all; with it, a person without the claim sees none."""
    console_trusts_claim: str | None = None
    """The claim that lists the trusts a person may see, by their codes in post numbers, such as RGT00, or ``*`` for all. A person with some sees positions, posts and reports of these, and only looks. Without this setting everybody sees all; with it, a person without the claim sees none."""
    console_trusted_proxies: tuple[str, ...] = ()
    """The addresses or networks of proxies whose ``X-Forwarded-For`` names the client, as a JSON list. Only for the limits on attempts."""
    console_idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 15
    """After how many minutes without use a session of the console ends."""
    console_session_hours: Annotated[int, Field(ge=1, le=24)] = 8
    """After how many hours a session of the console ends in any case."""
    person: Annotated[str, Field(pattern=r"^[^\s,;]{1,64}$")] | None = None
    """Who you are in the audit, if your account on this machine is not your own. Set it in your shell, not for services."""
    edit_parked: Literal["off", "one", "two"] = "off"
    """Whether `tis-esr parked edit` may send a corrected copy of a parked message: never, by one person, or by two."""
    log_format: Literal["text", "json"] = "text"
    """The format of log lines on standard error."""
    traces: bool = False
    """Whether to export OpenTelemetry traces."""
    traces_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of ESR's rows whose traces are recorded, from 0 to 1; the same for all processes. Files and parked messages always are."""
    traces_endpoint: Annotated[str, AfterValidator(_collector_address)] | None = None
    """The base address of the collector, for OTLP over HTTP: ``http://collector:4318``. By default that of OpenTelemetry's variable `OTEL_EXPORTER_OTLP_ENDPOINT`, or else port 4318 of this machine."""

    @field_validator("*", mode="before")
    @classmethod
    def _usable(cls, value: Any, info: ValidationInfo) -> Any:
        """Return a text without blanks and line ends around it; a line end within is rejected."""
        if not isinstance(value, str):
            return value
        value = value.strip()
        if not value and info.field_name not in _MAY_BE_EMPTY:
            raise ValueError("is empty; set a value, or remove it")
        if not value.isprintable():
            raise ValueError("contains a line end or another unprintable character")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source here
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - not a source here
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment first, then the file; nothing else."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
