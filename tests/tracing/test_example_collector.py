"""deploy/otel/collector.yaml: everything that it names is there, and it receives what the program sends."""

import copy
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.tracing.collector_schema import SCHEMA

from tis_esr.settings import Settings
from tis_esr.tracing import names

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy" / "otel" / "collector.yaml").read_text()
CONFIG: dict[str, Any] = yaml.safe_load(TEXT)
KINDS = ("receivers", "processors", "exporters")


def test_a_collector_accepts_it() -> None:
    jsonschema.validate(CONFIG, SCHEMA)
    limits = CONFIG["processors"]["memory_limiter"]
    assert limits["spike_limit_mib"] < limits["limit_mib"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("processors.redaction.allowed_key", ["a"]),
        ("processors.redaction.summary", "all"),
        ("processors.memory_limiter.check_interval", "1"),
        ("receivers.otlp.protocols.http.endpoint", "http://0.0.0.0:4318"),
        ("exporters.otlp_http.sending_queue.queue_size", "5000"),
        ("exporters.otlphttp", {}),
        ("service.pipeline", {}),
    ],
)
def test_the_schema_refuses_what_a_collector_refuses(place: str, value: object) -> None:
    changed = copy.deepcopy(CONFIG)
    *above, last = place.split(".")
    section = changed
    for name in above:
        section = section[name]
    section[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(changed, SCHEMA)


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
    resource = {"service.name", "service.version", "service.instance.id"}
    allowed = CONFIG["processors"]["redaction"]["allowed_keys"]
    assert allowed == sorted(own | resource)
    assert not CONFIG["processors"]["redaction"]["allow_all_keys"]


def test_what_its_environment_needs_is_on_the_page() -> None:
    page = (ROOT / "docs/how-to/trace.md").read_text()
    needed = set(re.findall(r"\$\{env:(\w+)\}", TEXT))
    assert needed == {"TRACES_BACKEND"}
    assert [name for name in needed if f"`{name}`" not in page] == []
