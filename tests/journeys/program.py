"""The program on either engine: commands as they are typed, on a store of their own."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from tests.servers import Place, place
from tests.wording.one_of_many import ones_of_many
from typer.testing import CliRunner

from tis_esr.cli import app
from tis_esr.process.logs import log_warnings_only
from tis_esr.settings import PREFIX, Settings

ENGINES = ("embedded", "production")


@dataclass
class Said:
    """What a command ended with: its exit code, and what it printed."""

    code: int
    text: str

    @property
    def json(self) -> Any:
        """Return the JSON document, without lines of the log before it."""
        log = re.match(r"(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[.*\n)*", self.text)
        return json.loads(self.text[log.end() if log else 0 :])


@dataclass
class Program:
    """Calls commands with the settings of one engine; nothing else is set."""

    engine: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __call__(self, *words: object, **settings: str) -> Said:
        before = structlog.get_config()
        log_warnings_only()
        environment = {**self.settings, "COLUMNS": "200", "NO_COLOR": "1", **settings}
        try:
            result = CliRunner().invoke(app, [str(word) for word in words], env=environment)
        finally:
            structlog.configure(**before)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        assert ones_of_many(result.output) == []
        return Said(result.exit_code, result.output)

    def read_settings(self, **more: Any) -> Settings:
        """Return the settings that commands are called with, and more."""
        own: dict[str, Any] = {
            name.removeprefix(PREFIX).lower(): value for name, value in self.settings.items()
        }
        return Settings(**{**own, **more})


def program(engine: str, folder: Path) -> Program:
    """Return the program on an empty store of an engine; on production, that of this test process."""
    return Program(engine, folder, settings_of(engine, folder))


def settings_of(engine: str, folder: Path, servers: Place | None = None) -> dict[str, str]:
    """Return the variables that name an engine's empty store, on these servers or those of all tests."""
    common = {
        "TIS_ESR_ENGINE": engine,
        "TIS_ESR_PATIENCE_SECONDS": "30",
        "TIS_ESR_INBOUND": str(folder / "in"),
        "TIS_ESR_OUTBOUND": str(folder / "out"),
        "TIS_ESR_HTTP_PORT": "0",
    }
    if engine == "embedded":
        return {**common, "TIS_ESR_STATE": str(folder / "state.sqlite")}
    servers = servers or place()
    return {
        **common,
        "TIS_ESR_AMQP_URL": servers.amqp_url,
        "TIS_ESR_MONGODB_URL": servers.mongodb_url,
        "TIS_ESR_MONGODB_DATABASE": servers.emptied(),
        "TIS_ESR_LEASE_SECONDS": "2",
        "TIS_ESR_RESEND_SECONDS": "2",
    }
