"""A simulated S3 on loopback for tests; its credentials are invented, and nobody checks them."""

from collections.abc import Iterator

import pytest

REGION = "eu-west-2"
KEY_ID = "AKIAINVENTED"
SECRET = "not-a-real-secret-42"  # noqa: S105 - invented, and nobody checks it


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Return its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
