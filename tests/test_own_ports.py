"""Servers for tests: each checkout has its own, on ports of its own, and finds them again."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.running import ERLANG, own_port

LOW_PORTS = range(21_000, 30_000)
"""Ports whose Erlang ports exist as well; what the machine gives out by itself lies above them."""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    for port in LOW_PORTS:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            yield port
            return


def test_two_checkouts_have_different_ports_and_each_finds_its_own_again(tmp_path: Path, taken: int) -> None:
    first = own_port(tmp_path / "first", taken)
    assert taken < first < taken + 1000
    with socket.create_server(("127.0.0.1", first)):
        second = own_port(tmp_path / "second", taken)
        assert second > first
        (tmp_path / "first" / "pid").write_text(str(os.getpid()))
        assert own_port(tmp_path / "first", taken) == first
    assert own_port(tmp_path / "second", taken) == second


def test_a_port_whose_erlang_port_is_taken_is_not_chosen(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        below = int(listening.getsockname()[1]) - ERLANG
        assert own_port(tmp_path / "rabbitmq", below) > below


def test_a_server_whose_port_another_program_took_begins_anew_elsewhere(tmp_path: Path, taken: int) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "port").write_text(str(taken))
    (tmp_path / "pid").write_text("")
    assert own_port(tmp_path, taken) > taken
    assert not (tmp_path / "data").exists()
