"""The dashboards in ``deploy/grafana``: what Grafana is given, and that metrics and panels can't drift apart."""

import json
import re
from typing import Any

import pytest
from docgen.dashboards.catalogue import DASHBOARDS
from docgen.generated import PAGES, ROOT
from docgen.metrics_page import declared

GRAFANA = ROOT / "deploy" / "grafana"
NOT_SHOWN: set[str] = set()
"""Metrics that are on no panel, on purpose."""
UNITS = {"s", "percentunit", "short", "mps", "reqps"}
OF_THE_STORE = {
    "tis_esr_alarm_active", "tis_esr_alarm_oldest_unsent_seconds", "tis_esr_file_gaps", "tis_esr_file_lag_seconds",
    "tis_esr_files", "tis_esr_outbox_depth", "tis_esr_outbox_oldest_seconds", "tis_esr_parked", "tis_esr_queue_depth",
    "tis_esr_queue_oldest_seconds", "tis_esr_unconfirmed_files",
}  # fmt: skip
"""Gauges that every process exports alike: added up, they would count each process."""


def dashboard(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GRAFANA / name).read_text())
    return found


def panels(name: str) -> list[dict[str, Any]]:
    return [panel for panel in dashboard(name)["panels"] if panel["type"] != "row"]


ALL = [(name, panel) for name in DASHBOARDS for panel in panels(name)]
each = pytest.mark.parametrize(
    "panel", [panel for _, panel in ALL], ids=[f"{name} {panel['title']}" for name, panel in ALL]
)


def expressions(panel: dict[str, Any]) -> list[str]:
    return [target["expr"] for target in panel["targets"]]


def test_there_are_four_and_each_is_what_the_generator_writes() -> None:
    assert {file.name for file in GRAFANA.glob("*.json")} == {
        "overview.json", "throughput.json", "tcs.json", "files.json",
    }  # fmt: skip
    for name in DASHBOARDS:
        assert PAGES[GRAFANA / name]() == (GRAFANA / name).read_text()


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_asks_for_its_data_source_and_its_jobs_and_links_to_the_others(name: str) -> None:
    its = dashboard(name)
    assert its["uid"] == f"tis-esr-{name.removesuffix('.json')}"
    assert len({dashboard(other)["title"] for other in DASHBOARDS}) == 4
    source, job = its["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert (job["name"], job["query"]) == ("job", "label_values(tis_esr_tcs_limit, job)")
    assert its["links"][0]["tags"] == its["tags"] == ["tis-esr"]
    assert its["description"]
    numbers = [panel["id"] for panel in its["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert 0 not in numbers


@pytest.mark.parametrize("name", DASHBOARDS)
def test_no_panel_covers_another_or_leaves_the_grid(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard(name)["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


@each
def test_a_panel_has_a_title_a_unit_a_description_and_queries_of_the_chosen_source_and_jobs(
    panel: dict[str, Any],
) -> None:
    assert panel["title"]
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for expression in expressions(panel):
        selectors = re.findall(r"\btis_esr_\w+(\{[^}]*\})?", expression)
        assert all(one.startswith('{job=~"$job"') for one in selectors), expression


@each
def test_a_panel_shows_metrics_that_processes_export(panel: dict[str, Any]) -> None:
    names = {name for expression in expressions(panel) for name in re.findall(r"\btis_esr_\w+", expression)}
    assert names
    assert {re.sub(r"_(bucket|sum)$", "", name) for name in names} <= set(declared())


@each
def test_a_panel_adds_up_no_gauge_that_every_process_exports_alike(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        for how, name in re.findall(r"(\w+)(?: by \([^)]*\) )?\((?:abs\()?(tis_esr_\w+)", expression):
            assert name not in OF_THE_STORE or how in {"max", "min", "count"}, expression


@each
def test_a_counter_is_shown_by_its_growth_over_all_processes(panel: dict[str, Any]) -> None:
    for expression in expressions(panel):
        for name in re.findall(r"tis_esr_\w+(?:_total|_bucket|_sum)\b", expression):
            assert re.search(rf"sum(?: by \([^)]*\) )?\((?:rate|increase)\({name}", expression)


def test_every_metric_is_on_a_panel_or_left_out_on_purpose() -> None:
    shown = {
        re.sub(r"_(bucket|sum)$", "", name)
        for _, panel in ALL
        for expression in expressions(panel)
        for name in re.findall(r"\btis_esr_\w+", expression)
    }
    assert shown | NOT_SHOWN == set(declared())
    assert not shown & NOT_SHOWN
