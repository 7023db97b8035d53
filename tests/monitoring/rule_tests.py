"""Unit tests of alerts in promtool's form: at a moment exactly these alerts fire, of all that there are."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from docgen.generated import ROOT
from servers.programs import promtool
from tests.monitoring.healthy import scraped

RULES = ROOT / "deploy" / "prometheus" / "rules.yaml"


def alert(kind: str, severity: str, labels: Sequence[tuple[str, str]] = (), *, unknown: bool = False) -> str:
    """Return the sample that Prometheus has of an alert of a kind while it fires."""
    name = "TisEsr" + kind.title().replace("-", "") + ("Unknown" if unknown else "")
    all_labels = {
        "alertname": name,
        "alertstate": "firing",
        "alarm": kind,
        "severity": severity,
        **dict(labels),
    }
    return "ALERTS{" + ",".join(f'{key}="{value}"' for key, value in all_labels.items()) + "}"


def fires(
    name: str, changes: Mapping[str, float | str | None], at: Mapping[int, Sequence[str]], step: int = 1
) -> dict[str, Any]:
    """Return the test that in a healthy installation with these changes exactly these alerts fire, by minute."""
    return {
        "name": name,
        "interval": f"{step}m",
        "external_labels": {"docs_url": "https://docs.example"},
        "input_series": scraped(changes, max(at) // step + 1),
        "promql_expr_test": [
            {
                "expr": 'ALERTS{alertstate="firing"}',
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": one, "value": 1} for one in alerts],
            }
            for minute, alerts in at.items()
        ],
    }


def failures(tests: Sequence[Mapping[str, Any]], folder: Path, step: int = 1) -> str:
    """Return what promtool says of the tests that fail, "" if none does; rules are evaluated each ``step`` minutes."""
    file = folder / "rules_test.json"
    content = {"rule_files": [str(RULES)], "evaluation_interval": f"{step}m", "tests": list(tests)}
    file.write_text(json.dumps(content))
    done = subprocess.run(
        [str(promtool()), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
