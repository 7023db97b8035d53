"""What the chart renders is valid: for four versions of Kubernetes, and for the operators' custom resources."""

import copy
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate import utils
from tests.deploy.chart import CHART, EXAMPLES, NAMES, ROOT, Rendered, called, of_kind, rendered
from tests.deploy.custom_resources import MODULES, problems

_SCHEMAS = cache(utils.schema_contents)
VERSIONS = ("1.31", "1.33", "1.35", "1.37")


@pytest.fixture(autouse=True)
def schemas_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The validator reads all definitions of a version again for each object."""
    monkeypatch.setattr(utils, "schema_contents", _SCHEMAS)


def _valid(each: Rendered, version: str) -> None:
    kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("example", NAMES)
def test_every_object_is_valid_on(version: str, example: str) -> None:
    own = [each for each in rendered(example) if each["kind"] not in MODULES]
    assert {each["kind"] for each in own} >= {
        "Deployment",
        "Job",
        "Service",
        "NetworkPolicy",
        "PodDisruptionBudget",
    }
    for each in own:
        _valid(each, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unknown_field_would_be_found_on(version: str) -> None:
    wrong: Any = copy.deepcopy(of_kind(rendered("together"), "Deployment")["tis-esr-all"])
    wrong["spec"]["template"]["spec"]["automountServiceAccountTokens"] = False
    with pytest.raises(kubernetes_validate.ValidationError, match="automountServiceAccountTokens"):
        _valid(wrong, version)


def test_labels_are_valid_where_a_version_has_build_metadata(tmp_path: Path) -> None:
    chart = Path(shutil.copytree(CHART, tmp_path / "tis-esr"))
    description = chart / "Chart.yaml"
    description.write_text(
        re.sub(r"(?m)^(version|appVersion): .*$", r"\1: 1.2.3+build.4", description.read_text())
    )
    done = called(
        "template",
        "tis-esr",
        str(chart),
        "--values",
        str(EXAMPLES / "together.yaml"),
        "--set",
        "image.tag=any",
    )
    assert done.returncode == 0, done.stderr
    labels = [each["metadata"]["labels"] for each in yaml.safe_load_all(done.stdout)]
    assert labels
    for one in labels:
        assert (one["app.kubernetes.io/version"], one["helm.sh/chart"]) == (
            "1.2.3_build.4",
            "tis-esr-1.2.3_build.4",
        )


def test_the_custom_resources_are_valid(tmp_path: Path) -> None:
    custom = [each for each in rendered("autoscaled") if each["kind"] in MODULES]
    assert {each["kind"] for each in custom} == set(MODULES)
    assert problems(tmp_path, custom) == ""


def test_an_unknown_field_and_a_wrong_type_of_a_custom_resource_would_be_found(tmp_path: Path) -> None:
    wrong = {
        kind: copy.deepcopy(next(iter(of_kind(rendered("autoscaled"), kind).values()))) for kind in MODULES
    }
    wrong["ScaledObject"]["spec"]["minReplicas"] = 1
    wrong["ExternalSecret"]["spec"]["target"]["creationPolicies"] = "Orphan"
    wrong["ServiceMonitor"]["spec"]["endpoints"][0]["path"] = 1
    del wrong["PrometheusRule"]["spec"]["groups"][0]["name"]
    found = problems(tmp_path, wrong.values())
    assert """'"minReplicas"' does not exist""" in found
    assert """'"creationPolicies"' does not exist""" in found
    assert "Type 'number' is not assignable to type 'string'" in found
    assert "must have required property" in found


def test_rules_and_dashboards_are_those_of_deploy() -> None:
    objects = rendered("autoscaled")
    [rule] = of_kind(objects, "PrometheusRule").values()
    assert rule["spec"] == yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yaml").read_text())
    files = {file.name: file.read_text() for file in (ROOT / "deploy" / "grafana").glob("*.json")}
    shown = {
        name: text for each in of_kind(objects, "ConfigMap").values() for name, text in each["data"].items()
    }
    assert shown == files
