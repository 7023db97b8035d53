"""docs/how-to/run-on-kubernetes.md: its commands run, and the values that it names exist."""

import re
import shlex

import pytest
import yaml
from tests.deploy.chart import CHART, EXAMPLES, NAMES, ROOT, called

PAGE = (ROOT / "docs" / "how-to" / "run-on-kubernetes.md").read_text()
COMMANDS = re.findall(r"^helm ((?:lint|template) .+)$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_prints_what_the_page_says(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = called(*shlex.split(line))
    if "concurrencyTotal=100" in line:
        [said] = re.findall(r"^ends with \*(.+?)\*\.", PAGE, re.MULTILINE)
        assert said in done.stderr
    else:
        assert done.returncode == 0, done.stderr


def test_there_are_commands_to_run() -> None:
    assert len(COMMANDS) == 3


def test_every_value_of_the_table_exists_and_the_table_has_all_that_are_for_everybody() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    table = PAGE[PAGE.index("| value |") : PAGE.index("## 3.")]
    named = [
        name
        for row in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
        for name in row.strip("`").split("`, `")
    ]
    for name in named:
        inside = values
        for part in name.split("."):
            inside = inside[part]
    told = {name.split(".")[0] for name in re.findall(r"`([a-zA-Z.]+)`", PAGE)}
    usual = {"image", "podAnnotations", "nodeSelector", "tolerations"}
    assert values.keys() - told == usual


def test_every_example_is_in_the_table() -> None:
    assert sorted(re.findall(r"^\| `(\w+)\.yaml` \|", PAGE, re.MULTILINE)) == NAMES
    assert EXAMPLES.relative_to(ROOT).as_posix() in PAGE


def test_the_versions_that_the_page_names_are_those_that_are_tested() -> None:
    from tests.deploy.test_chart_objects import VERSIONS

    assert f"Kubernetes {', '.join(VERSIONS[:-1])} and {VERSIONS[-1]}" in PAGE
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["kubeVersion"] == f">={VERSIONS[0]}.0-0"
    assert f"Kubernetes {VERSIONS[0]} or later" in PAGE
