"""What Prometheus answers to the query by which processes grow."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from servers.programs import promtool
from tests.deploy.chart import of_kind, rendered

OURS = 'namespace="a-namespace"'
KNOWN = f'tis_esr_outbox_depth{{{OURS},pod="a"}}'


def _depth(number: int, queue: str, pod: str, of: str = OURS) -> tuple[str, int]:
    return f'tis_esr_queue_depth{{{of},queue="{queue}",pod="{pod}"}}', number


@pytest.mark.parametrize(
    ("series", "answer"),
    [
        pytest.param(
            [
                _depth(100, "esr.queue.por.split", "a"),
                _depth(90, "esr.queue.por.split", "b"),
                _depth(7, "esr.queue.asg.split", "b"),
                _depth(9, "esr.queue.file.arrived", "b"),
                (KNOWN, 3),
            ],
            107,
            id="each queue of its services once, whatever each process reports",
        ),
        pytest.param([(KNOWN, 3)], 0, id="queues without messages have no series"),
        pytest.param([], None, id="no process knows the store"),
        pytest.param(
            [_depth(5, "esr.queue.por.split", "a", 'namespace="another"')], None, id="another installation"
        ),
    ],
)
def test_the_query_counts_what_waits(
    series: list[tuple[str, int]], answer: int | None, tmp_path: Path
) -> None:
    [scaled] = of_kind(rendered("autoscaled"), "ScaledObject").values()
    expected: list[dict[str, Any]] = [] if answer is None else [{"labels": "{}", "value": answer}]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"{number}x1"} for name, number in series],
        "promql_expr_test": [
            {
                "expr": scaled["spec"]["triggers"][0]["metadata"]["query"],
                "eval_time": "1m",
                "exp_samples": expected,
            }
        ],
    }
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"tests": [test]}))
    done = subprocess.run(
        [str(promtool()), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
