"""Each alert of ``deploy/prometheus/rules.yaml`` in promtool: when it fires, when it does not, and what it says when nothing is known."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from docgen.generated import DOCS
from servers.programs import promtool
from tests.monitoring.conditions import ESCALATED, HERE, JUDGED_HERE, LEDGER, MEASURABLE, Condition
from tests.monitoring.healthy import JUDGED, active
from tests.monitoring.rule_tests import RULES, alert, failures, fires

from tis_esr.operations.alarms.catalogue import BY_ID


def _firing(one: Condition) -> str:
    return alert(one.kind, JUDGED[one.kind], one.labels)


def test_promtool_accepts_the_file() -> None:
    done = subprocess.run(
        [str(promtool()), "check", "rules", "--lint=all", "--lint-fatal", str(RULES)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(re.findall('- alert: ', RULES.read_text()))} rules found" in done.stdout


def test_every_kind_has_a_condition_here() -> None:
    assert {one.kind for one in (*JUDGED_HERE, *MEASURABLE)} == set(BY_ID) == set(JUDGED)
    assert {one.kind for one in MEASURABLE} & HERE == set()


def test_each_alert_fires_for_its_condition_alone_and_not_before_it_has_lasted(tmp_path: Path) -> None:
    def fires_in_time(one: Condition) -> dict[str, Any]:
        before: dict[int, list[str]] = {one.minutes - 1: []} if one.minutes else {}
        return fires(one.series, {one.series: one.value}, {**before, one.minutes: [_firing(one)]})

    assert failures([fires_in_time(one) for one in (*JUDGED_HERE, *MEASURABLE)], tmp_path) == ""


def test_no_alert_waits_so_long_that_a_restart_of_the_only_process_makes_it_wait_again() -> None:
    """Prometheus counts from the beginning after a moment without the series; what lasts longer is judged by tis-esr run."""
    waits = {int(minutes) for minutes in re.findall(r"^ +for: (\d+)m$", RULES.read_text(), re.MULTILINE)}
    assert max(waits) <= 30


def test_what_is_parked_for_long_is_alerted_after_a_restart_too_and_what_is_parked_anew_is_not(
    tmp_path: Path,
) -> None:
    parked = 'tis_esr_parked{queue="esr.queue.por.split",reason="a column is missing"}'
    restarted: dict[str, float | str | None] = {
        parked: "3x20 _x10 3x20",
        active("parked-old"): "1x20 _x10 1x20",
    }
    anew: dict[str, float | str | None] = {parked: 3}
    tests = [
        fires("restarted", restarted, {40: [alert("parked-old", "warning")]}),
        fires("anew", anew, {1600: []}, 15),
    ]
    assert failures(tests[:1], tmp_path) == ""
    assert failures(tests[1:], tmp_path, 15) == ""


def test_no_alert_fires_at_the_values_beside_the_thresholds(tmp_path: Path) -> None:
    everything = (*JUDGED_HERE, *MEASURABLE)
    below = {one.series: one.quiet for one in reversed(everything)}
    above = {one.series: one.quiet for one in everything}
    assert below != above, "the clock, behind and ahead"
    tests = [fires("beside", dict(quiet), {41: []}) for quiet in (below, above)]
    assert failures(tests, tmp_path) == ""


@pytest.mark.parametrize("share", [0, 1])
def test_nothing_fires_for_a_process_with_no_or_one_call_of_tcs_for_its_share_or_without_a_limit_of_memory(
    share: int, tmp_path: Path
) -> None:
    """With as many processes as calls, a limit of 1 is the share of each and says nothing about TCS."""
    changes: dict[str, float | str | None] = {"tis_esr_tcs_limit": share, "tis_esr_memory_used_ratio": None}
    assert failures([fires("not there", changes, {40: []})], tmp_path) == ""


def test_each_warning_becomes_critical_at_once_when_it_is_escalated_here(tmp_path: Path) -> None:
    """A kind of the ledger also has its own alert, since the metric of its condition is not there."""
    changes: dict[str, float | str | None] = {active(kind, "critical"): 1 for kind in ESCALATED}
    changes |= {active(kind): None for kind in ESCALATED}
    expected = [alert(kind, "critical") for kind in ESCALATED]
    at_once = {"file-refused", "file-incomplete", "confirmation-overdue"}
    expected += [alert(kind, "warning") for kind in LEDGER if kind in at_once]
    assert failures([fires("escalated", changes, {0: expected})], tmp_path) == ""


def test_files_are_alerted_where_no_process_reads_them_and_another_judges_the_ledger(tmp_path: Path) -> None:
    changes: dict[str, float | str | None] = {active(kind): 1 for kind in LEDGER}
    changes |= {'tis_esr_files{deanery="EOE",type="RMC",state="split"}': None}
    expected = [alert(kind, JUDGED[kind]) for kind in LEDGER]
    assert failures([fires("no reader", changes, {31: expected})], tmp_path) == ""


@pytest.mark.parametrize("half", [0, 1])
def test_each_kind_that_is_not_judged_any_more_has_an_alert_of_its_own_after_15_minutes(
    half: int, tmp_path: Path
) -> None:
    silent = [kind for kind in JUDGED if kind != "alarms-not-judged"][half::2]
    expected = [alert(kind, "warning", unknown=True) for kind in silent]
    tests = [fires("silent", dict.fromkeys(map(active, silent)), {14: [], 15: expected})]
    assert failures(tests, tmp_path) == ""


def test_when_every_process_is_gone_there_is_one_critical_alert_instead_of_one_for_each_kind(
    tmp_path: Path,
) -> None:
    gone: dict[str, float | str | None] = dict.fromkeys(map(active, JUDGED), "0x5")
    gone |= {'tis_esr_poll_age_seconds{task="alarms"}': None}
    all_gone = [alert("alarms-not-judged", "critical", unknown=True)]
    tests = [fires("all gone", gone, {15: [], 30: all_gone})]
    never = [fires("never there", dict.fromkeys(map(active, JUDGED)), {14: [], 15: all_gone})]
    assert failures([*tests, *never], tmp_path) == ""


def test_two_processes_that_report_the_same_store_are_one_alert(tmp_path: Path) -> None:
    series = {
        f'tis_esr_files{{deanery="LDN",type="RMC",state="held",instance="{name}"}}': 1.0 for name in "ab"
    }
    assert failures([fires("two", series, {10: [alert("file-held", "warning")]})], tmp_path) == ""


def test_a_test_with_a_wrong_expectation_fails(tmp_path: Path) -> None:
    held = 'tis_esr_files{deanery="LDN",type="RMC",state="held"}'
    assert "file-held" in failures([fires("wrong", {held: 1}, {11: []})], tmp_path)
    assert "got: nil" in failures([fires("wrong", {}, {11: [alert("file-held", "warning")]})], tmp_path)


def test_an_alert_says_which_queue_how_much_who_is_affected_and_where_to_read_on(tmp_path: Path) -> None:
    """Of each form one: with labels, judged here, escalated, not judged."""
    common = {
        "consequence": "What the queue leads to: files for ESR may lack it.",
        "who_acts": "support",
        "runbook_url": "https://docs.example/runbooks/backlog-old.md",
    }
    meaning = (
        "The queue is not being handled, or more slowly than it fills: TCS is slow, a dependency is unavailable, "
        "or its service runs nowhere."
    )
    summary = "The oldest message of a queue is older than 30 minutes"
    queue = "esr.queue.por.split"
    old = fires(
        "backlog",
        {f'tis_esr_queue_oldest_seconds{{queue="{queue}"}}': 5430},
        {0: [alert("backlog-old", "warning", [("queue", queue)])]},
    )
    old["alert_rule_test"] = [
        {
            "eval_time": "0m",
            "alertname": "TisEsrBacklogOld",
            "exp_alerts": [
                {
                    "exp_labels": {"severity": "warning", "alarm": "backlog-old", "queue": queue},
                    "exp_annotations": {
                        "summary": summary,
                        "description": f"{meaning} Queue esr.queue.por.split: 1h 30m 30s.",
                        **common,
                    },
                }
            ],
        }
    ]
    escalated = fires(
        "escalated", {active("backlog-old", "critical"): 1}, {0: [alert("backlog-old", "critical")]}
    )
    escalated["alert_rule_test"] = [
        {
            "eval_time": "0m",
            "alertname": "TisEsrBacklogOld",
            "exp_alerts": [
                {
                    "exp_labels": {"severity": "critical", "alarm": "backlog-old"},
                    "exp_annotations": {
                        "summary": summary,
                        "description": f"{meaning} Critical: at once if an applicant leaves the window by the next file; "
                        "else after 4 hours without an owner.",
                        **common,
                    },
                }
            ],
        }
    ]
    unknown = fires(
        "unknown", {active("backlog-old"): None}, {15: [alert("backlog-old", "warning", unknown=True)]}
    )
    unknown["alert_rule_test"] = [
        {
            "eval_time": "15m",
            "alertname": "TisEsrBacklogOldUnknown",
            "exp_alerts": [
                {
                    "exp_labels": {"severity": "warning", "alarm": "backlog-old"},
                    "exp_annotations": {
                        "summary": "It is not known whether the oldest message of a queue is older than 30 minutes",
                        "description": "What this alarm is judged by cannot be read, so its silence means nothing.",
                        **common,
                    },
                }
            ],
        }
    ]
    assert failures([old, escalated, unknown], tmp_path) == ""


@pytest.mark.parametrize("kind", sorted(JUDGED))
def test_the_runbook_of_each_alert_is_a_page_of_the_docs(kind: str) -> None:
    urls = re.findall(
        rf'runbook_url: "{{{{ \$externalLabels.docs_url }}}}/(runbooks/{kind}\.md)"', RULES.read_text()
    )
    assert len(urls) >= 2
    assert (DOCS / urls[0]).read_text().startswith(f"# {kind}\n")
    assert "## What to do" in (DOCS / urls[0]).read_text()
