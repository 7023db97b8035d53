"""The catalogue, the rules for Prometheus, the runbooks, the metrics and the commands can't drift apart."""

import re
import shlex
from datetime import timedelta
from typing import Any

import pytest
import typer
from docgen import metrics_page, prometheus_rules
from docgen.generated import DOCS, PAGES, ROOT

from tis_esr.cli import app
from tis_esr.operations.alarms.catalogue import BY_ID, CATALOGUE
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.alarms.sources import SOURCES

PROGRAM: Any = typer.main.get_command(app)
METRICS = set(re.findall(r"`(tis_esr_\w+)`", metrics_page.page()))
RULES = list(prometheus_rules.rules())
NAMES = {kind.id: kind for kind in CATALOGUE}
NAMED_BY_THE_ISSUE = {
    "file-late", "file-missing", "file-held", "file-refused", "file-gap", "confirmation-overdue",
    "suspected-quarantine", "rejects-above-usual", "queue-without-consumer", "backlog-old", "outbox-old", "parked-old",
    "applicants-leaving-window", "promise-at-risk", "tcs-breaker-open", "tcs-limit-low", "status-drift", "broker-alarm",
    "disk-space", "memory-high", "task-restarts", "clock-skew", "store-growth",
}  # fmt: skip
kinds = pytest.mark.parametrize("kind", CATALOGUE, ids=list(NAMES))


def test_every_alarm_that_was_asked_for_is_in_the_catalogue_once() -> None:
    assert len(BY_ID) == len(CATALOGUE)
    assert set(BY_ID) >= NAMED_BY_THE_ISSUE


def test_every_kind_is_judged_by_exactly_one_source() -> None:
    judged = [kind.id for source in SOURCES for kind in source.kinds]
    assert len(judged) == len(set(judged))
    assert set(judged) | {"alarms-not-judged"} == set(BY_ID)


def test_a_source_judges_kinds_of_each_process_or_of_the_store_and_never_both() -> None:
    assert [s for s in SOURCES if len({kind.per_process for kind in s.kinds}) != 1] == []


@kinds
def test_it_says_what_it_means_who_is_affected_what_to_do_and_who_acts(kind: Kind) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.id)
    assert all((kind.condition, kind.meaning, kind.affected, kind.to_do, kind.who))
    assert kind.condition[0].islower() or kind.condition.startswith(("ESR", "RabbitMQ", "TCS"))
    assert not kind.condition.endswith(".")
    assert kind.repeat >= timedelta(hours=1)


@kinds
def test_each_command_that_it_names_can_be_typed(kind: Kind) -> None:
    named = [line for step in kind.to_do for line in re.findall(r"`(tis-esr [^`]+)`", step)]
    for line in named:
        name, *words = shlex.split(line)[1:]
        command = PROGRAM.commands[name]
        command.make_parser(typer.Context(command)).parse_args(words)


@kinds
def test_it_has_an_alert_and_one_for_its_silence_with_everything_that_people_need(kind: Kind) -> None:
    rules = [rule for rule in RULES if rule["annotations"]["runbook_url"].endswith(f"/{kind.id}.md")]
    *alerts, unknown = rules
    assert {rule["alert"] for rule in alerts} == {kind.prometheus_name}
    assert unknown["alert"] == f"{kind.prometheus_name}Unknown"
    assert "absent(" in unknown["expr"]
    for rule in rules:
        assert set(rule["labels"]) == {"severity", "alarm"}
        wanted = {"summary", "description", "runbook_url", "consequence", "who_acts"}
        assert set(rule["annotations"]) == wanted
        assert all(rule["annotations"].values())


def test_each_metric_of_a_rule_is_one_that_a_process_exports() -> None:
    used = {name for rule in RULES for name in re.findall(r"\btis_esr_\w+", rule["expr"])}
    assert used <= METRICS
    assert "tis_esr_alarm_active" in used


def test_each_task_that_a_rule_names_is_one_of_run() -> None:
    named = {task for rule in RULES for task in re.findall(r'task="([^"]+)"', rule["expr"])}
    assert named == {"alarms"}


def test_the_rules_are_yaml_with_two_names_for_each_kind() -> None:
    text = (ROOT / "deploy" / "prometheus" / "rules.yaml").read_text()
    alerts = re.findall(r"^      - alert: (TisEsr\w+)$", text, re.MULTILINE)
    assert alerts == [rule["alert"] for rule in RULES]
    assert len(set(alerts)) == 2 * len(CATALOGUE)
    assert text == PAGES[ROOT / "deploy" / "prometheus" / "rules.yaml"]()


def test_there_is_one_runbook_for_each_kind_and_no_other() -> None:
    assert {page.stem for page in (DOCS / "runbooks").glob("*.md")} == set(BY_ID)
