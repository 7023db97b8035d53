"""deploy/otel/collector.yaml: everything that it names is there, and it receives what the program sends."""

import re
from pathlib import Path
from typing import Any

import yaml
from opentelemetry.sdk.resources import Resource

from tis_esr.settings import Settings
from tis_esr.tracing import names

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "otel" / "collector.yaml").read_text()
CONFIG: dict[str, Any] = yaml.safe_load(TEXT)
KINDS = ("receivers", "processors", "exporters")
IN_CONTRIB = {
    "extensions": {"health_check"},
    "receivers": {"otlp"},
    "processors": {"memory_limiter", "redaction"},
    "exporters": {"otlp_http"},
}
"""The components of the contrib distribution, 0.144 or later, that it may name."""


def test_it_has_only_sections_and_components_that_a_collector_knows() -> None:
    assert set(CONFIG) == {*KINDS, "extensions", "service"}
    for kind, known in IN_CONTRIB.items():
        assert {name.partition("/")[0] for name in CONFIG[kind]} <= known


def test_every_component_is_used_and_every_used_one_is_there() -> None:
    assert set(CONFIG["service"]["extensions"]) == set(CONFIG["extensions"])
    for kind in KINDS:
        used = {name for pipeline in CONFIG["service"]["pipelines"].values() for name in pipeline[kind]}
        assert used == set(CONFIG[kind])


def test_it_limits_memory_before_anything_else_and_redacts_before_it_sends() -> None:
    assert CONFIG["service"]["pipelines"]["traces"]["processors"] == ["memory_limiter", "redaction"]


def test_it_receives_on_the_port_that_the_program_sends_to() -> None:
    assert CONFIG["receivers"]["otlp"]["protocols"]["http"]["endpoint"] == "0.0.0.0:4318"
    page = (ROOT / "docs/how-to/trace.md").read_text()
    assert "TIS_ESR_TRACES_ENDPOINT=http://collector:4318" in page
    assert Settings(traces_endpoint="http://collector:4318").traces_endpoint == "http://collector:4318"


def test_the_attributes_that_it_lets_pass_are_those_that_are_recorded() -> None:
    own = {value for constant, value in vars(names).items() if constant.isupper()}
    resource = {*Resource.create({}).attributes, "service.version", "service.instance.id"}
    allowed = CONFIG["processors"]["redaction"]["allowed_keys"]
    assert allowed == sorted(own | resource)
    assert not CONFIG["processors"]["redaction"]["allow_all_keys"]


def test_what_its_environment_needs_is_on_the_page() -> None:
    page = (ROOT / "docs/how-to/trace.md").read_text()
    needed = set(re.findall(r"\$\{env:(\w+)\}", TEXT))
    assert needed == {"TRACES_BACKEND"}
    assert [name for name in needed if f"`{name}`" not in page] == []
