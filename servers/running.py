"""One RabbitMQ node and one MongoDB replica set of one member, each in a folder of its own on loopback."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymongo

from servers.programs import mongod, rabbitmq

PROGRAMS = Path(__file__).parent.parent / ".servers"
ERLANG = 20000
MANAGEMENT = 10000
TRANSACTION_SECONDS = 3
"""How long MongoDB keeps the transaction of a process that was killed; its own default is 60."""


_VIRTUAL_HOST = """
rabbit_vhost:add(<<"NAME">>, <<"tests">>),
rabbit_auth_backend_internal:set_permissions(<<"guest">>, <<"NAME">>, <<".*">>, <<".*">>, <<".*">>, <<"tests">>).
"""
"""One call instead of three: each starts an Erlang machine, for half a second of processor time."""


class DidNotStart(Exception):
    """A server did not come up; says where its log is."""


class Rabbit:
    """A RabbitMQ node. ``port`` is its AMQP port; ERLANG ports above it is Erlang's own, MANAGEMENT above it the API's if the plugin is enabled."""

    def __init__(self, folder: Path, port: int, plugins: Sequence[str] = ()) -> None:
        self.folder = folder
        self.port = port
        self.plugins = plugins
        self.management_url = f"http://guest:guest@127.0.0.1:{port + MANAGEMENT}"
        self.url = f"amqp://guest:guest@127.0.0.1:{port}/"
        self._scripts = rabbitmq()

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        if answers(self.port):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "rabbitmq.conf"
        config.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.file.level = warning\nvm_memory_high_watermark.absolute = 1GB\n"
            "disk_free_limit.absolute = 50MB\nheartbeat = 20\n"
        )
        (self.folder / "enabled_plugins").write_text(f"[{','.join(self.plugins)}].\n")
        if self.plugins:
            with config.open("a") as more:
                more.write(f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.port + MANAGEMENT}\n")
                more.write("collect_statistics_interval = 500\n")
        self._call("rabbitmq-server", "-detached")
        _wait(lambda: answers(self.port), f"RabbitMQ did not come up; see {self.folder / 'log'}")
        self.control("await_startup")

    def stop(self) -> None:
        """Stop the node, if it runs."""
        if answers(self.port):
            self.control("stop")
        _wait(lambda: not answers(self.port), "RabbitMQ did not stop")

    def control(self, *words: str) -> str:
        """Call rabbitmqctl; return what it prints."""
        return self._call("rabbitmqctl", "--quiet", *words)

    def virtual_host(self, name: str) -> str:
        """Make a virtual host if it isn't there; return its URL."""
        self.control("eval", _VIRTUAL_HOST.replace("NAME", name))
        return f"{self.url}{name}"

    def _call(self, script: str, *words: str) -> str:
        environment = {
            **os.environ,
            "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"tis{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.port + ERLANG),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }
        done = subprocess.run(
            [str(self._scripts / script), *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise DidNotStart(f"{script} {' '.join(words)}: {(done.stderr or done.stdout).strip()[-400:]}")
        return done.stdout


class Mongo:
    """A mongod as a replica set of one member."""

    def __init__(self, folder: Path, port: int, *, replica_set: bool = True) -> None:
        self.folder = folder
        self.port = port
        self.replica_set = replica_set
        self.url = (
            f"mongodb://127.0.0.1:{port}/?replicaSet=rs0" if replica_set else f"mongodb://127.0.0.1:{port}/"
        )
        self._program, self._environment = mongod(PROGRAMS / "mongod")

    def start(self) -> None:
        """Start it and wait until it is primary."""
        if not answers(self.port):
            (self.folder / "data").mkdir(parents=True, exist_ok=True)
            words = [
                "--port",
                str(self.port),
                "--bind_ip",
                "127.0.0.1",
                "--dbpath",
                str(self.folder / "data"),
            ]
            words += ["--logpath", str(self.folder / "log"), "--logappend", "--fork", "--quiet"]
            words += ["--pidfilepath", str(self.folder / "pid"), "--wiredTigerCacheSizeGB", "4"]
            words += ["--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"]
            words += ["--replSet", "rs0"] if self.replica_set else []
            done = subprocess.run(
                [str(self._program), *words],
                env={**os.environ, **self._environment},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                raise DidNotStart(f"mongod did not come up; see {self.folder / 'log'}: {done.stdout[-300:]}")
        if self.replica_set:
            self._become_primary()

    def _become_primary(self) -> None:
        client: pymongo.MongoClient[Any] = pymongo.MongoClient(
            f"mongodb://127.0.0.1:{self.port}/?directConnection=true"
        )
        with client:
            try:
                members = [{"_id": 0, "host": f"127.0.0.1:{self.port}"}]
                client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
            except pymongo.errors.OperationFailure as error:
                if error.code != _ALREADY_INITIALIZED:
                    raise
            _wait(lambda: bool(client.admin.command("hello")["isWritablePrimary"]), "MongoDB has no primary")

    def stop(self) -> None:
        """Stop it, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, by: signal.Signals) -> None:
        pid = self.folder / "pid"
        if answers(self.port) and pid.exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), by)
        _wait(lambda: not answers(self.port), "MongoDB did not stop")


_ALREADY_INITIALIZED = 23


def own_port(folder: Path, usual: int) -> int:
    """Return the port of the server in a folder, kept there: so each checkout has servers of its own.

    ``usual`` or the next one that is free. Where another program has taken the port meanwhile, the server begins anew
    on another one, without its data. To be called, with what starts the server, within ``one_at_a_time``.
    """
    kept = folder / "port"
    port = int(kept.read_text()) if kept.exists() else usual if (folder / "data").exists() else 0
    if not port or (answers(port) and not _is_running(folder)):
        remove(folder)
        port = next(port for port in range(usual, usual + 1000) if _is_free(port))
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(str(port))
    return port


def _is_free(port: int) -> bool:
    return not answers(port) and not answers(port + ERLANG)


def _is_running(folder: Path) -> bool:
    pid = folder / "pid"
    return pid.exists() and Path(f"/proc/{pid.read_text().strip() or 0}").exists()


def answers(port: int) -> bool:
    """Say whether something listens on this port of the loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def remove(folder: Path) -> None:
    """Forget a stopped server's data."""
    shutil.rmtree(folder, ignore_errors=True)


def _wait(until: Any, complaint: str, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            raise DidNotStart(complaint)
        time.sleep(0.1)
