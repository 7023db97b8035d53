"""Which addresses of a collector are usable, and which of OpenTelemetry's variables count."""

from pathlib import Path

import pytest
from tests.tracing.collector import collector
from tests.tracing.test_collector_away import record

from tis_esr.reading_settings import load
from tis_esr.settings import BadSettingsError, Settings
from tis_esr.tracing.collector_address import BadCollectorError, destination
from tis_esr.tracing.exporting import exporting

BAD = {
    "collector:4318": "is not an address; write http://HOST:4318",
    "grpc://collector:4317": "is not an address; write http://HOST:4318",
    "http://": "is not an address; write http://HOST:4318",
    "http://collector:43180000": "is not an address; write http://HOST:4318",
    "http://user:invented-1@collector:4318": "contains a user or a password; put a token into OTEL_EXPORTER_OTLP_HEADERS",
    "http://collector:4318?token=invented-1": "contains a query or a fragment; write http://HOST:4318",
    "http://collector:4318/#invented-1": "contains a query or a fragment; write http://HOST:4318",
    "http://collector:4318/v1/traces": "ends in /v1/traces, which is added to it; write the address without it",
    "http://collector:4318/v1/traces/": "ends in /v1/traces, which is added to it; write the address without it",
}


@pytest.mark.parametrize(("address", "reason"), BAD.items())
def test_an_address_that_cannot_work_is_refused_with_the_reason_and_without_its_secret(
    address: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadCollectorError) as of_variable:
        destination(None, {"OTEL_EXPORTER_OTLP_ENDPOINT": address})
    assert str(of_variable.value) == f"OTEL_EXPORTER_OTLP_ENDPOINT {reason}"
    monkeypatch.setenv("TIS_ESR_TRACES_ENDPOINT", address)
    with pytest.raises(BadSettingsError) as of_setting:
        load()
    assert reason in str(of_setting.value)
    assert "invented-1" not in str(of_setting.value)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("https://traces.nhs.example/otlp", "https://traces.nhs.example/otlp/v1/traces"),
        ("HTTP://[::1]:4318", "HTTP://[::1]:4318/v1/traces"),
    ],
)
def test_the_path_for_traces_is_added_to_the_base_address(address: str, url: str) -> None:
    assert Settings(traces_endpoint=address).traces_endpoint == address
    assert destination(address, {}).url == url


def test_without_a_setting_the_variable_counts_and_without_both_this_machine() -> None:
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://variable:4318"}
    assert destination("http://setting:4318", variables).url == "http://setting:4318/v1/traces"
    assert destination(None, variables).url == "http://variable:4318/v1/traces"
    assert destination(None, {}).url == "http://localhost:4318/v1/traces"


@pytest.mark.parametrize(
    "text", ["invented-1", "=invented-1", "a b=invented-1", "a=invented-1%0A", "a=1,invented-1"]
)
def test_headers_that_cannot_be_read_are_refused_without_quoting_them(text: str) -> None:
    with pytest.raises(BadCollectorError) as found:
        destination(None, {"OTEL_EXPORTER_OTLP_HEADERS": text})
    assert str(found.value) == "OTEL_EXPORTER_OTLP_HEADERS is not a list such as name=value,name=value"


def test_a_certificate_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadCollectorError, match="OTEL_EXPORTER_OTLP_CERTIFICATE is not the name of a file"):
        destination(None, {"OTEL_EXPORTER_OTLP_CERTIFICATE": str(tmp_path / "none.pem")})


async def test_four_variables_of_opentelemetry_count_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as there:
        for name, value in {
            "OTEL_EXPORTER_OTLP_ENDPOINT": there.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20token, x-tenant = 7",
            "OTEL_SERVICE_NAME": "esr-east",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-other=1",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "0",
            "OTEL_SDK_DISABLED": "true",
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_TRACES_SAMPLER": "always_off",
            "OTEL_RESOURCE_ATTRIBUTES": "owner=Testa Specimen",
            "OTEL_BSP_MAX_QUEUE_SIZE": "1",
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "0",
        }.items():
            monkeypatch.setenv(name, value)
        async with exporting(share=1, system="sqlite", instance="here"):
            record(20)
        [request] = there.requests
    assert len(there.spans) == 20
    assert (request["authorization"], request["x-tenant"]) == ("Bearer token", "7")
    assert "x-other" not in request
    assert "content-encoding" not in request
    assert there.spans[0].resource.keys() == {"service.name", "service.version", "service.instance.id"}
    assert there.spans[0].resource["service.name"] == "esr-east"
