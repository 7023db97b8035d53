"""What a collector, contrib 0.165, accepts of the components that our example may use; strict, as the collector itself is."""

from typing import Any

TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}
FLAG = {"type": "boolean"}
NUMBER = {"type": "integer", "exclusiveMinimum": 0}
SECONDS = {"type": "string", "pattern": r"^([0-9]+(ms|s|m|h))+$"}
ADDRESS = {"type": "string", "pattern": r"^[^\s:/]+:[0-9]+$"}
URL = {"type": "string", "pattern": r"^(https?://\S+|\$\{env:[A-Z_]+\})$"}


def strict(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    """Return the schema of a section: no other names than these."""
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "required": required or [],
    }


TLS = strict(ca_file=TEXT, cert_file=TEXT, key_file=TEXT, insecure=FLAG, insecure_skip_verify=FLAG)
SERVER = strict(["endpoint"], endpoint=ADDRESS, tls=TLS, max_request_body_size=NUMBER, traces_url_path=TEXT)
RETRY = strict(
    enabled=FLAG,
    initial_interval=SECONDS,
    max_interval=SECONDS,
    max_elapsed_time=SECONDS,
    multiplier={"type": "number"},
    randomization_factor={"type": "number"},
)
QUEUE = strict(
    enabled=FLAG,
    num_consumers=NUMBER,
    queue_size=NUMBER,
    block_on_overflow=FLAG,
    wait_for_result=FLAG,
    sizer={"enum": ["requests", "items", "bytes"]},
    storage=TEXT,
    batch=strict(flush_timeout=SECONDS, min_size=NUMBER, max_size=NUMBER, sizer={"enum": ["items", "bytes"]}),
)
COMPONENTS: dict[str, dict[str, Any]] = {
    "extensions": strict(health_check=strict(endpoint=ADDRESS, path={"type": "string", "pattern": "^/"})),
    "receivers": strict(otlp=strict(["protocols"], protocols=strict(http=SERVER, grpc=SERVER))),
    "processors": strict(
        memory_limiter=strict(
            ["check_interval", "limit_mib"],
            check_interval=SECONDS,
            limit_mib=NUMBER,
            spike_limit_mib=NUMBER,
        ),
        redaction=strict(
            allow_all_keys=FLAG,
            allowed_keys=TEXTS,
            allowed_values=TEXTS,
            blocked_key_patterns=TEXTS,
            blocked_values=TEXTS,
            ignored_keys=TEXTS,
            ignored_key_patterns=TEXTS,
            redact_all_types=FLAG,
            hash_function={"enum": ["md5", "sha1", "sha3", "hmac-sha256", "hmac-sha512"]},
            hmac_key=TEXT,
            summary={"enum": ["debug", "info", "silent"]},
        ),
    ),
    "exporters": strict(
        otlp_http=strict(
            ["endpoint"],
            endpoint=URL,
            traces_endpoint=URL,
            encoding={"enum": ["proto", "json"]},
            compression={"enum": ["gzip", "zstd", "snappy", "deflate", "zlib", "lz4", "none"]},
            timeout=SECONDS,
            headers={"type": "object", "additionalProperties": TEXT},
            tls=TLS,
            retry_on_failure=RETRY,
            sending_queue=QUEUE,
        )
    ),
}
PIPELINE = strict(["receivers", "exporters"], receivers=TEXTS, processors=TEXTS, exporters=TEXTS)
SCHEMA = strict(
    ["receivers", "exporters", "service"],
    **COMPONENTS,
    service=strict(
        ["pipelines"], extensions=TEXTS, pipelines=strict(traces=PIPELINE), telemetry={"type": "object"}
    ),
)
