"""Lists a prefix with keys that obstore rejects: empty or dotted segments, control characters."""

from collections.abc import Iterator
from typing import Any

from botocore.config import Config
from botocore.session import Session

from tis_esr.files.file_store import Listing, name_fault, printable


def list_with_odd_keys(
    bucket: str,
    prefix: str,
    *,
    region: str,
    endpoint: str | None,
    access_key_id: str | None,
    secret_access_key: str | None,
    timeout_seconds: float,
) -> Listing:
    """Return the listing of the prefix; unusable keys are reported. Raises BotoCoreError and ClientError."""
    client = Session().create_client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=access_key_id,
        aws_secret_access_key=secret_access_key,
        config=Config(
            connect_timeout=timeout_seconds,
            read_timeout=timeout_seconds,
            retries={"total_max_attempts": 3},
            s3={"addressing_style": "path" if endpoint else "auto"},
        ),
    )
    stamps, odd = {}, {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
        for name, stamp in _objects(page, prefix):
            if fault := name_fault(name):
                odd[printable(name)] = fault
            else:
                stamps[name] = stamp
        for found in page.get("CommonPrefixes", ()):
            segment = found["Prefix"].removeprefix(prefix)
            if segment in {"/", "./", "../"} or name_fault(segment.removesuffix("/")):
                odd[printable(segment)] = "keys with an empty or odd folder name can't be opened"
    return Listing(stamps, odd)


def _objects(page: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for entry in page.get("Contents", ()):
        name = entry["Key"].removeprefix(prefix)
        if name and not name.startswith("."):
            yield name, f"{entry['Size']} {entry['ETag']}"
