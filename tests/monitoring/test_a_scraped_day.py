"""A day of ``tis-esr run`` in a real Prometheus: what dashboards show of it, and which alerts reach a person."""

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from docgen.dashboards.catalogue import DASHBOARDS
from docgen.generated import ROOT
from servers.monitoring import Prometheus
from tests.monitoring.healthy import JUDGED
from tests.monitoring.installation import DOCS_URL, STATE, Installation, installation, until
from tests.servers import place

GONE = "TisEsrAlarmsNotJudgedUnknown"
GRAFANA = ROOT / "deploy" / "grafana"


def queries() -> dict[str, str]:
    """Return each query of each panel as Grafana sends it, by where it stands."""
    found = {}
    for name in DASHBOARDS:
        for panel in json.loads((GRAFANA / name).read_text())["panels"]:
            for target in panel.get("targets", ()):
                query = target["expr"].replace("$__rate_interval", "1m").replace("$job", ".*")
                assert "$" not in query
                found[f"{name}: {panel['title']}: {target['refId']}"] = query
    return found


def has_data(prometheus: Prometheus, query: str) -> bool:
    return any(not math.isnan(float(one["value"][1])) for one in prometheus.query(query))


def engine(name: str, folder: Path) -> dict[str, str]:
    """Return the settings of an engine that is installed and empty."""
    if name == "embedded":
        return {STATE: str(folder / "state")}
    servers = place()
    return {
        "TIS_ESR_ENGINE": "production",
        "TIS_ESR_AMQP_URL": servers.amqp_url,
        "TIS_ESR_MONGODB_URL": servers.mongodb_url,
        "TIS_ESR_MONGODB_DATABASE": servers.emptied(),
    }


LONG = pytest.mark.skipif(not os.environ.get("LONG_MONITORING"), reason="make monitoring")


@pytest.fixture(params=["embedded", pytest.param("production", marks=LONG)])
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path, engine(request.param, tmp_path)) as found:
        yield found


def _every_panel_shows_data(prometheus: Prometheus) -> None:
    empty = queries()

    def none_is_empty() -> bool:
        for where in [where for where, query in empty.items() if has_data(prometheus, query)]:
            del empty[where]
        return not empty

    until(none_is_empty, lambda: json.dumps(empty, indent=1))


def _names(prometheus: Prometheus) -> set[str]:
    return {alert["labels"]["alertname"] for alert in prometheus.alerts()}


def _alerts_reach_who_they_are_for(running: Installation) -> None:
    receiver = running.receiver
    [path, incomplete] = until(lambda: receiver.of("TisEsrFileIncomplete"), lambda: receiver.alerts)[0]
    assert path == "/ticket"
    assert incomplete["labels"] == {
        "alertname": "TisEsrFileIncomplete",
        "alarm": "file-incomplete",
        "severity": "warning",
        "docs_url": DOCS_URL,
    }
    assert incomplete["annotations"] == {
        "summary": "An inbound file was processed, but was cut off or lacks rows",
        "description": "Its rows are applied; the rest of the file is unknown.",
        "consequence": "Positions and people in the part that is missing.",
        "who_acts": "support",
        "runbook_url": f"{DOCS_URL}/runbooks/file-incomplete.md",
    }
    [path, _] = until(lambda: receiver.of("TisEsrSuspectedQuarantine"), lambda: receiver.alerts)[0]
    assert path == "/page"


def _silence_reaches_the_person_on_call(running: Installation) -> None:
    """Before the first scrape nothing is known either, so what was received until now does not count."""
    prometheus, receiver = running.prometheus, running.receiver
    until(lambda: not [name for name in _names(prometheus) if name.endswith("Unknown")], prometheus.alerts)
    assert "TisEsrForeignObjects" not in _names(prometheus), "it is not configured, which is no alert"
    receiver.alerts.clear()
    running.stop_program()
    [path, gone] = until(lambda: receiver.of(GONE), prometheus.alerts)[0]
    assert (path, gone["annotations"]["summary"]) == ("/page", "No alarm is judged by any process")
    assert {name for name in _names(prometheus) if name.endswith("Unknown")} == {GONE}


@pytest.mark.timeout(300)
def test_every_panel_shows_the_day_and_alerts_and_silence_reach_a_webhook(running: Installation) -> None:
    _every_panel_shows_data(running.prometheus)
    [known] = running.prometheus.query("count(count by (alarm) (tis_esr_alarm_active))")
    assert int(known["value"][1]) == len(JUDGED)
    _alerts_reach_who_they_are_for(running)
    _silence_reaches_the_person_on_call(running)
