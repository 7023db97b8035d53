"""What a running process answers about itself, over real HTTP on loopback."""

import socket
from typing import Any

import aiohttp
import pytest
from msgspec.json import encode
from structlog.testing import capture_logs
from tests.web.hooks.test_s3_events import EVENT

from tis_esr.web.hooks.event_hook import S3Hook
from tis_esr.web.hooks.s3_events import FileArrived
from tis_esr.web.http_server import PortUnusableError
from tis_esr.web.serving import http


class Process:
    """What the process says of itself."""

    def __init__(self) -> None:
        self.down: dict[str, str] = {}
        self.troubles: dict[str, str] = {}
        self.measured = self.fails_at = 0

    async def report(self) -> dict[str, str]:
        return self.troubles

    async def metrics(self) -> bytes:
        self.measured += 1
        if self.measured == self.fails_at:
            raise ValueError("Specimen")
        return f"measured {self.measured}\n".encode()

    def serving(self, port: int = 0, hook: S3Hook | None = None, host: str = "127.0.0.1") -> Any:
        return http(
            host,
            port,
            troubles=lambda: self.down,
            missing=self.report,
            metrics=self.metrics,
            hooks=[hook] if hook else [],
        )


async def get(url: str) -> tuple[int, str, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, answer.content_type, await answer.text()


async def test_a_process_lives_whatever_its_troubles() -> None:
    process = Process()
    async with process.serving() as address:
        alive = (200, "application/json", '{"live":true,"troubles":{}}')
        for process.troubles in ({}, {"engine": "MongoDB is away"}):
            assert await get(f"{address}/health/live") == alive


async def test_a_process_does_not_live_while_a_task_of_it_is_down_or_stuck() -> None:
    process = Process()
    process.down = {"outbox relay": "is down: ValueError in relay.py:1"}
    async with process.serving() as address:
        said = '{"live":false,"troubles":{"outbox relay":"is down: ValueError in relay.py:1"}}'
        assert await get(f"{address}/health/live") == (503, "application/json", said)


async def test_a_process_is_ready_while_it_has_no_trouble_and_names_what_it_has() -> None:
    process = Process()
    ready = (200, "application/json", '{"ready":true,"troubles":{}}')
    async with process.serving() as address:
        assert await get(f"{address}/health/ready") == ready
        process.troubles = {"engine": "MongoDB is away"}
        said = '{"ready":false,"troubles":{"engine":"MongoDB is away"}}'
        assert await get(f"{address}/health/ready") == (503, "application/json", said)
        process.troubles = {}
        assert await get(f"{address}/health/ready") == ready


async def test_a_fault_of_an_endpoint_is_logged_by_its_class_and_place_and_the_next_request_is_answered() -> (
    None
):
    process = Process()
    process.fails_at = 1
    with capture_logs() as logs:
        async with process.serving() as address:
            status, _, text = await get(f"{address}/metrics")
            assert await get(f"{address}/metrics") == (200, "text/plain", "measured 2\n")
    assert (status, text) == (500, '{"error":"internal error, which is logged"}')
    [failed] = [line for line in logs if line["event"] == "endpoint_failed"]
    assert (failed["path"], failed["fault"], failed["log_level"]) == ("/metrics", "ValueError", "error")
    assert failed["place"].startswith("test_serving.py:")
    assert "Specimen" not in f"{logs}"


async def test_metrics_are_text_and_measured_anew_each_time() -> None:
    async with Process().serving() as address:
        assert await get(f"{address}/metrics") == (200, "text/plain", "measured 1\n")
        assert await get(f"{address}/metrics") == (200, "text/plain", "measured 2\n")


async def test_events_are_taken_only_where_there_is_a_hook() -> None:
    recorded: list[list[FileArrived]] = []

    async def record(arrived: list[FileArrived]) -> None:
        recorded.append(arrived)

    async def visit(url: str) -> None:
        raise AssertionError(url)

    for hook, status in (
        (None, 404),
        (S3Hook(record, "an-invented-token", None, visit, "esr-files"), 202),
    ):
        async with Process().serving(hook=hook) as address, aiohttp.ClientSession() as session:
            headers = {"Authorization": "Bearer an-invented-token"}
            async with session.post(f"{address}/events/s3", data=encode(EVENT), headers=headers) as answer:
                assert answer.status == status
    assert [len(arrived) for arrived in recorded] == [2]


async def test_a_port_that_is_taken_is_said_with_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnusableError) as caught:
            async with Process().serving(port):
                pytest.fail("it serves on a taken port")
    assert str(caught.value) == (
        f"127.0.0.1:{port} is in use; set another TIS_ESR_HTTP_PORT (0 picks a free port)"
    )


async def test_an_address_that_is_not_this_machines_is_not_called_taken() -> None:
    with pytest.raises(
        PortUnusableError, match=r"192\.0\.2\.1:0 can't be used .*TIS_ESR_HTTP_HOST"
    ) as caught:
        async with Process().serving(host="192.0.2.1"):
            pytest.fail("it serves on an address of nobody's")
    assert "in use" not in str(caught.value)


async def test_a_port_is_free_again_after_the_process() -> None:
    process = Process()
    async with process.serving() as address:
        port = int(address.rpartition(":")[2])
    async with process.serving(port) as address:
        assert (await get(f"{address}/health/live"))[0] == 200
