"""The stores the promises are held against, on loopback."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from tests.files.sftp_servers import asyncssh_server, openssh_server, why_no_sshd
from tests.s3_server import KEY_ID, REGION, SECRET

from tis_esr.files.s3 import S3Settings
from tis_esr.files.sftp import SftpSettings


@pytest.fixture
def s3_settings(s3_endpoint: str) -> S3Settings:
    """Return the settings of a bucket that is this test's own."""
    bucket = f"invented-{uuid4()}"
    boto3.client(
        "s3",
        endpoint_url=s3_endpoint,
        region_name=REGION,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
    ).create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    return S3Settings(
        bucket=bucket,
        prefix="esr/outbound/",
        region=REGION,
        endpoint=s3_endpoint,
        access_key_id=KEY_ID,
        secret_access_key=SECRET,
        timeout_seconds=10,
    )


@pytest.fixture
async def sftp_settings(tmp_path: Path) -> AsyncIterator[SftpSettings]:
    """Return the settings of a folder on asyncssh's own server."""
    async with asyncssh_server(tmp_path) as settings:
        yield settings


@pytest.fixture
def openssh_settings(tmp_path: Path) -> Iterator[SftpSettings]:
    """Return the settings of a folder on a real OpenSSH server."""
    if reason := why_no_sshd():
        pytest.skip(reason)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with openssh_server(tmp_path, port) as settings:
        yield settings
