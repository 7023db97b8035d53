"""Every generated page, by its path."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from docgen import (
    alarm_pages,
    chart_files,
    cli_page,
    data_page,
    json_outputs,
    licences_page,
    metrics_page,
    parked_pages,
    prometheus_rules,
    settings_page,
)
from docgen.apis import messages_page, own_endpoints, tcs_endpoints
from docgen.dashboards.catalogue import DASHBOARDS
from tis_esr.operations.alarms.catalogue import CATALOGUE
from tis_esr.operations.asyncapi import document
from tis_esr.operations.parked.catalogue import CATALOGUE as CAUSES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
_REFERENCE = DOCS / "reference"
_CHART = ROOT / "deploy" / "helm" / "tis-esr"
_PARKED = DOCS / "runbooks" / "parked"

PAGES: dict[Path, Callable[[], str]] = {
    _REFERENCE / "cli.md": cli_page.page,
    _REFERENCE / "settings.md": settings_page.page,
    _REFERENCE / "metrics.md": metrics_page.page,
    _REFERENCE / "licences.md": licences_page.page,
    _REFERENCE / "json-outputs.md": json_outputs.page,
    _REFERENCE / "data-dictionary.md": data_page.page,
    _REFERENCE / "alarms.md": alarm_pages.page,
    **{DOCS / "runbooks" / f"{kind.id}.md": partial(alarm_pages.runbook, kind) for kind in CATALOGUE},
    ROOT / "deploy" / "prometheus" / "rules.yaml": prometheus_rules.text,
    **{ROOT / "deploy" / "grafana" / name: page for name, page in DASHBOARDS.items()},
    _CHART / "values.schema.json": chart_files.values_schema,
    _CHART / "files" / "services.json": chart_files.services_json,
    _REFERENCE / "asyncapi.json": lambda: _as_printed(document()),
    _REFERENCE / "messages.md": messages_page.page,
    _REFERENCE / "openapi.json": lambda: _as_printed(own_endpoints.document()),
    _REFERENCE / "http-api.md": own_endpoints.page,
    _REFERENCE / "openapi-tcs.json": lambda: _as_printed(tcs_endpoints.document()),
    _REFERENCE / "tcs-api.md": tcs_endpoints.page,
    **{
        _REFERENCE / "schemas" / json_outputs.file_name(command): partial(json_outputs.text, command)
        for command in json_outputs.OUTPUTS
    },
    _PARKED / "README.md": parked_pages.index,
    **{_PARKED / parked_pages.name(cause): partial(parked_pages.page, cause) for cause in CAUSES},
}


def _as_printed(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
