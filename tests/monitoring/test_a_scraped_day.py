"""A day of ``tis-esr run`` in a real Prometheus: what dashboards show of it, and which alerts reach a person."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from docgen.dashboards.catalogue import DASHBOARDS
from docgen.generated import ROOT
from servers.monitoring import Prometheus
from tests.monitoring.installation import DOCS_URL, Installation, installation, until

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


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Installation]:
    with installation(tmp_path) as found:
        yield found


def _every_panel_shows_data(prometheus: Prometheus) -> None:
    empty = queries()

    def none_is_empty() -> bool:
        for place in [place for place, query in empty.items() if has_data(prometheus, query)]:
            del empty[place]
        return not empty

    until(none_is_empty, lambda: json.dumps(empty, indent=1))


@pytest.mark.timeout(240)
def test_every_panel_shows_the_day_and_alerts_and_silence_reach_a_webhook(running: Installation) -> None:
    _every_panel_shows_data(running.prometheus)
    receiver = running.receiver
    [path, incomplete] = until(lambda: receiver.of("TisEsrFileIncomplete"), lambda: str(receiver.alerts))[0]
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
    [path, _] = until(lambda: receiver.of("TisEsrSuspectedQuarantine"), lambda: str(receiver.alerts))[0]
    assert path == "/page"
    firing = {alert["labels"]["alertname"] for alert in running.prometheus.alerts()}
    assert firing & {"TisEsrForeignObjects", "TisEsrForeignObjectsUnknown"} == set(), "it is not configured"
    assert {name for name in firing if name.endswith("Unknown")} == set()
    assert not receiver.of(GONE)
    running.stop_program()
    [path, gone] = until(lambda: receiver.of(GONE), lambda: str(running.prometheus.alerts()))[0]
    assert (path, gone["annotations"]["summary"]) == ("/page", "No alarm is judged by any process")
    unknown = {alert["labels"]["alertname"] for alert in running.prometheus.alerts()} - {GONE}
    assert {name for name in unknown if name.endswith("Unknown")} == set()
