"""Operating it: every setting that is wrong is one plain line with its name, and what is parked gets an end."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pymongo import MongoClient
from servers.__main__ import AMQP, MONGODB, addresses, data
from servers.running import Rabbit
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.left_behind import own_name
from typer.testing import CliRunner

from tis_esr.cli import app
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.operations.shown_settings import shown
from tis_esr.process.logs import log_warnings_only
from tis_esr.simulation.days.generated_world import World

SECRET = "invented-Pa55word"  # noqa: S105 - of nobody
NOBODY = "http://127.0.0.1:9/tcs"
PROGRAM = [sys.executable, "-c", "from tis_esr.start import main; main()"]


@dataclass
class Said:
    """What a process of the program ended with."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


@dataclass
class Shell:
    """Calls the program as a process of its own, in an empty folder, with no settings but these."""

    folder: Path

    def __call__(self, *words: str, **settings: str) -> Said:
        own = {name: value for name, value in os.environ.items() if not name.startswith("TIS_ESR_")}
        environment = {**own, "COLUMNS": "200", "NO_COLOR": "1", "TIS_ESR_HTTP_PORT": "0", **settings}
        done = subprocess.run(
            [*PROGRAM, *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=40,
            check=False,
        )
        said = Said(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in said.all
        assert SECRET not in said.all
        return said

    def refused(self, *words: str, **settings: str) -> tuple[int, str]:
        """Return the code and the one line that the program stopped with."""
        said = self(*words, **settings)
        assert said.out == ""
        [line] = said.err.splitlines()
        assert line.startswith("tis-esr: ")
        return said.code, line


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    folder = tmp_path / "empty"
    folder.mkdir()
    return Shell(folder)


@pytest.fixture
def shell_with_in(shell: Shell) -> Shell:
    """A shell in a folder to which ESR's files may come, for ``run``."""
    (shell.folder / "in").mkdir()
    return shell


@contextmanager
def real_servers() -> Iterator[dict[str, str]]:
    """Give settings for the production engine on a virtual host and a database that nobody else uses."""
    found = addresses()
    amqp_url, database = found[AMQP], own_name(uuid4().hex[:12])
    port = urlsplit(amqp_url).port or 5672
    rabbit = None if AMQP in os.environ or port == 5672 else Rabbit(data("rabbitmq"), port)
    if rabbit is not None:
        amqp_url = rabbit.virtual_host(database)
    try:
        yield {
            "TIS_ESR_ENGINE": "production",
            "TIS_ESR_AMQP_URL": amqp_url,
            "TIS_ESR_MONGODB_URL": found[MONGODB],
            "TIS_ESR_MONGODB_DATABASE": database,
        }
    finally:
        with MongoClient(found[MONGODB]) as client:
            client.drop_database(database)
        if rabbit is not None:
            rabbit.control("delete_vhost", database)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """Settings for a production engine that is installed."""
    with real_servers() as settings:
        assert Shell(tmp_path_factory.mktemp("install"))("install", **settings).code == 0
        yield settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# install.


def test_install_check_says_what_is_missing_until_it_is_installed(shell: Shell) -> None:
    with real_servers() as settings:
        database = settings["TIS_ESR_MONGODB_DATABASE"]
        before = shell("install", "--check", **settings)
        assert before.code == 3
        assert re.search(
            rf"^TIS_ESR_MONGODB_DATABASE: {database} lacks engine\.outbox, .*; run tis-esr install$",
            before.out,
            re.MULTILINE,
        )
        assert shell("install", "--check", **settings).out == before.out

        made = shell("install", **settings)
        assert made.code == 0
        assert "created engine.inbox\n" in made.out
        assert "created reconciliation.positions\n" in made.out
        assert made.out.endswith(". Nothing else is missing.\n")

        after = shell("install", "--check", **settings)
        assert (after.code, after.out) == (0, "OK: nothing is missing.\n")
        again = shell("install", **settings)
        assert (again.code, again.out) == (0, "OK: everything existed already.\n")


def test_install_on_the_embedded_engine_has_nothing_to_do_and_makes_nothing(shell: Shell) -> None:
    said = shell("install")
    assert (said.code, "nothing to install" in said.out) == (0, True)
    assert list(shell.folder.iterdir()) == []


def test_install_on_servers_that_are_away_says_where_it_looked(
    shell: Shell, production: Mapping[str, str]
) -> None:
    away = {**production, "TIS_ESR_AMQP_URL": f"amqp://guest:{SECRET}@127.0.0.1:{free_port()}/"}
    code, line = shell.refused("install", **away)
    assert (code, "TIS_ESR_AMQP_URL: could not connect to RabbitMQ" in line) == (3, True)


# doctor.


def test_doctor_names_everything_that_is_wrong_at_once_and_shows_no_secret(
    shell: Shell, production: Mapping[str, str]
) -> None:
    (shell.folder / "taken").write_text("a file, not a folder")
    host = urlsplit(production["TIS_ESR_MONGODB_URL"]).netloc.rpartition("@")[2]
    said = shell(
        "doctor",
        TIS_ESR_ENGINE="production",
        TIS_ESR_AMQP_URL=f"amqp://guest:{SECRET}@127.0.0.1:{free_port()}/",
        TIS_ESR_MONGODB_URL=f"mongodb://invented:{SECRET}@{host}/",
        TIS_ESR_FILES_IN="s3",
        TIS_ESR_S3_SECRET_ACCESS_KEY=SECRET,
        TIS_ESR_OUTBOUND="taken",
        TIS_ESR_TCS_URL=NOBODY,
        TIS_ESR_TCS_TOKEN_URL=f"http://invented:{SECRET}@127.0.0.1:{free_port()}/token",
        TIS_ESR_TCS_CLIENT_ID="invented",
        TIS_ESR_TCS_CLIENT_SECRET=SECRET,
        TIS_ESR_SFTP_PASSWORD=SECRET,
        TIS_ESR_EVENTS_TOKEN=SECRET,
    )
    assert said.code == 3
    for words in (
        "engine: TIS_ESR_MONGODB_URL: MongoDB rejected the user or the password; correct them in the URL",
        "engine: TIS_ESR_AMQP_URL: could not connect to RabbitMQ",
        "files in: TIS_ESR_FILES_IN: setting s3_bucket (TIS_ESR_S3_BUCKET) is missing",
        "files out: TIS_ESR_OUTBOUND: taken: ",
        "TCS: TIS_ESR_TCS_URL: ",
    ):
        assert words in said.out
    for name in ("AMQP_URL", "MONGODB_URL", "S3_SECRET_ACCESS_KEY", "TCS_CLIENT_SECRET", "SFTP_PASSWORD"):
        assert re.search(rf"TIS_ESR_{name} +\(set, not shown\)", said.out)
    assert re.search(r"TIS_ESR_TCS_TOKEN_URL +http://\(not shown\)@127\.0\.0\.1:", said.out)
    assert re.search(r"TIS_ESR_TCS_TOKEN +\(not set\)", said.out)


def test_doctor_names_what_the_production_engine_lacks(shell: Shell) -> None:
    said = shell("doctor", TIS_ESR_ENGINE="production")
    assert said.code == 3
    assert "setting amqp_url (TIS_ESR_AMQP_URL) is missing; TIS_ESR_ENGINE=production needs it" in said.out
    assert "TCS: TIS_ESR_TCS_URL: is not set" in said.out


def test_doctor_names_a_state_file_that_is_none(shell: Shell) -> None:
    (shell.folder / "letter").write_text("Dear trust, " * 100)
    said = shell("doctor", TIS_ESR_STATE="letter")
    assert (said.code, "engine: TIS_ESR_STATE: " in said.out) == (3, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "(not set)"),
        ("eu-west-2", "eu-west-2"),
        ("http://host:8093/tcs", "http://host:8093/tcs"),
        (f"http://invented:{SECRET}@host/tcs", "http://(not shown)@host/tcs"),
        (f"http://invented:{SECRET}/@x@host/tcs", "http://(not shown)@host/tcs"),
        (f"https://host/tcs?token={SECRET}", "https://host/tcs?(not shown)"),
        (f"https://host/tcs#{SECRET}", "https://host/tcs#(not shown)"),
        (f"https://invented:{SECRET}@host/tcs?token={SECRET}", "https://(not shown)@host/tcs?(not shown)"),
    ],
)
def test_what_a_url_hides_is_not_shown(value: str | None, expected: str) -> None:
    assert shown(value) == expected


def test_doctor_shows_a_setting_as_it_is_whatever_is_in_it(shell: Shell) -> None:
    said = shell("doctor", TIS_ESR_STATE="[bold]state[/]", TIS_ESR_INBOUND="[/inbound]")
    assert re.search(r"TIS_ESR_STATE +\[bold\]state\[/\]", said.out)
    assert re.search(r"TIS_ESR_INBOUND +\[/inbound\]", said.out)


# run.


@pytest.mark.parametrize(
    ("words", "settings", "expected"),
    [
        pytest.param([], {}, "TIS_ESR_TCS_URL", id="no TCS"),
        pytest.param([], {"TIS_ESR_TCS_URL": "ftp://host/tcs"}, "'ftp://host/tcs'", id="no address of TCS"),
        pytest.param(
            [],
            {"TIS_ESR_TCS_URL": f"http://invented:{SECRET}@host/tcs"},
            "contains a user or password",
            id="a password in TCS's address",
        ),
        pytest.param(
            [],
            {"TIS_ESR_TCS_URL": f"http://host/tcs?token={SECRET}"},
            "the address of TCS has a query, a fragment or a blank",
            id="a token in TCS's address",
        ),
        pytest.param(
            [],
            {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_APPLICANTS_CRON": "every day"},
            "(TIS_ESR_APPLICANTS_CRON or applicants_cron in tis-esr.toml): 'every day' is not a valid cron expression",
            id="a cron that is none",
        ),
        pytest.param(
            [],
            {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_NOTIFICATIONS_CRON": "0 14 30 2 *"},
            "(TIS_ESR_NOTIFICATIONS_CRON or notifications_cron in tis-esr.toml): '0 14 30 2 *' is not a valid cron expression",
            id="a cron that never comes",
        ),
        pytest.param(
            ["Reconciliation", "Receptionist"],
            {"TIS_ESR_TCS_URL": NOBODY},
            "SERVICE: 'Receptionist' must be one of InboundDataReader, Reconciliation, ",
            id="an unknown service",
        ),
        pytest.param(
            [],
            {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_FILES_IN": "s3"},
            "(TIS_ESR_S3_BUCKET) is missing; TIS_ESR_FILES_IN needs it",
            id="no bucket",
        ),
        pytest.param(
            [],
            {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_FILES_OUT": "sftp", "TIS_ESR_SFTP_PASSWORD": SECRET},
            "(TIS_ESR_SFTP_HOST) is missing; TIS_ESR_FILES_OUT needs it",
            id="no SFTP server",
        ),
        pytest.param(
            [],
            {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_ENGINE": "production"},
            "(TIS_ESR_AMQP_URL) is missing; TIS_ESR_ENGINE=production needs it",
            id="no RabbitMQ",
        ),
        pytest.param(
            [],
            {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_ENGINE": "productive"},
            "TIS_ESR_ENGINE",
            id="no such engine",
        ),
        pytest.param(
            [], {"TIS_ESR_TCS_URL": NOBODY, "TIS_ESR_HTTP_PORT": "eighty"}, "TIS_ESR_HTTP_PORT", id="no port"
        ),
    ],
)
def test_a_setting_that_run_can_not_use_is_named_and_is_code_2(
    words: list[str], settings: dict[str, str], expected: str, shell_with_in: Shell
) -> None:
    code, line = shell_with_in.refused("run", *words, **settings)
    assert (code, expected in line) == (2, True), line


@pytest.mark.parametrize(
    ("setting", "url", "problem"),
    [
        ("TIS_ESR_AMQP_URL", f"amqp://guest:{SECRET}@127.0.0.1:{{free}}/", "could not connect to RabbitMQ"),
        ("TIS_ESR_AMQP_URL", f"amqp://guest:{SECRET}@{{rabbitmq}}/", "RabbitMQ rejected the user"),
        (
            "TIS_ESR_MONGODB_URL",
            f"mongodb://guest:{SECRET}@127.0.0.1:{{free}}/",
            "could not connect to MongoDB",
        ),
        (
            "TIS_ESR_MONGODB_URL",
            f"mongodb+http://guest:{SECRET}@127.0.0.1/",
            "is not a valid MongoDB address",
        ),
    ],
)
def test_a_server_that_run_can_not_use_is_named_by_its_setting_and_is_code_3(
    setting: str, url: str, problem: str, shell_with_in: Shell, production: Mapping[str, str]
) -> None:
    there = urlsplit(production["TIS_ESR_AMQP_URL"]).netloc.rpartition("@")[2]
    settings = {**production, setting: url.format(free=free_port(), rabbitmq=there)}
    code, line = shell_with_in.refused("run", **settings, TIS_ESR_TCS_URL=NOBODY)
    assert (code, f"tis-esr: {setting}: {problem}" in line) == (3, True), line


def test_run_on_servers_where_nothing_is_installed_says_to_install(
    shell_with_in: Shell, production: Mapping[str, str]
) -> None:
    settings = {**production, "TIS_ESR_MONGODB_DATABASE": f"never_{uuid4().hex[:12]}"}
    code, line = shell_with_in.refused("run", **settings, TIS_ESR_TCS_URL=NOBODY)
    assert code == 3
    assert line.startswith("tis-esr: TIS_ESR_MONGODB_DATABASE: never_")
    assert line.endswith("; run tis-esr install")


def test_a_port_that_is_taken_is_named_with_its_setting_and_is_code_3(shell_with_in: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        code, line = shell_with_in.refused("run", TIS_ESR_TCS_URL=NOBODY, TIS_ESR_HTTP_PORT=port)
    assert code == 3
    assert line == f"tis-esr: 127.0.0.1:{port} is in use; set another TIS_ESR_HTTP_PORT (0 picks a free port)"


# parked and redrive.


def call(*words: str) -> tuple[int, str]:
    log_warnings_only()
    result = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert "Traceback" not in result.output
    return result.exit_code, result.output


REMARK = ("--ticket", "T1", "--review", "2099-01-01")
BAD = "DE_EOE_RMC_20261124_00000101.DAT"
UNREADABLE = "esr.queue.unreadable: column positionID (N(15)) is not a whole number"


@pytest.fixture
def unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a state into which a file was taken that has one good row and two that can't be read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIS_ESR_STATE", str(tmp_path / "state"))
    bad = por(1).replace("POR,1,", "POR,twelve,")
    (tmp_path / BAD).write_text("\n".join([bad, por(2), bad, "TRL,3"]) + "\n")
    assert call("ingest", BAD)[0] == 0
    return tmp_path / "state"


def ids() -> list[str]:
    return [trace["id"] for trace in json.loads(call("parked", "--json")[1])]


def rows(state: Path, *numbers: int) -> list[Row]:
    reader = StateReader(state)
    try:
        return reader.rows([(BAD, number) for number in numbers])
    finally:
        reader.close()


def test_parked_lists_by_cause_and_reason_where_what_waits_came_from(unreadable: Path) -> None:
    code, said = call("parked")
    assert code == 1
    lines = said.splitlines()
    assert lines[:2] == ["A row from ESR cannot be read (row-unreadable)", "  2 messages. Who acts: ESR"]
    assert lines[3] == f"     2 {UNREADABLE}"
    first, second = ids()
    assert lines[4:6] == [f"         {BAD} row 1  {first}", f"         {BAD} row 3  {second}"]
    assert lines[6] == "  Each of them: tis-esr parked export --cause row-unreadable"
    assert "tis-esr parked discard" in lines[7]


def test_an_unreadable_row_can_not_be_handled_again_and_stays_parked(unreadable: Path) -> None:
    before = call("parked")
    code, said = call("redrive", "--reason", "not a whole number", "--why", "again")
    assert code == 2
    assert "no parked message to retry meets the conditions; 2 can only be discarded" in said
    assert call("parked") == before


def test_what_is_given_up_ends_and_its_row_is_accounted_for_as_ignored(unreadable: Path) -> None:
    first, second = ids()
    code, said = call("redrive", first, "--discard", "ESR [/sent] it anew", *REMARK)
    assert (code, said.partition(".")[0]) == (0, "1 discarded")
    assert ids() == [second]
    ended, left = rows(unreadable, 1, 3)
    assert (ended.state, ended.reason) == (
        RowState.IGNORED,
        "discarded: ESR [/sent] it anew, T1, review on 2099-01-01",
    )
    assert left.state is RowState.PARKED
    assert call("redrive", "--reason", "WHOLE number", "--discard", "the same", *REMARK)[0] == 0
    assert call("parked") == (0, "Nothing is parked.\n")
    assert json.loads(call("parked", "--json")[1]) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "ID: name messages by their ids, or give --reason"),
        (["--discard", "because"], "ID: name messages by their ids, or give --reason"),
        (["--reason", "whole"], "--why: say why they are retried; it is recorded in the audit"),
        (["--reason", "whole", "--discard", " "], "--discard: say why"),
        (["--reason", "whole", "--discard", "resent"], "--ticket: name the ticket"),
        (["--reason", "whole", "--discard", "resent", "--ticket", "T1"], "--review: give the day on which"),
    ],
)
def test_redrive_without_saying_what_or_why_does_nothing(
    words: list[str], expected: str, unreadable: Path
) -> None:
    code, said = call("redrive", *words)
    assert (code, expected in said) == (2, True)
    assert len(ids()) == 2


def test_redrive_of_what_is_not_parked_does_nothing_and_says_so_by_its_code(unreadable: Path) -> None:
    for words in (["invented"], [ids()[0], "--reason", "another reason"]):
        code, said = call("redrive", *words, "--why", "again")
        assert (code, "no parked message" in said) == (2, True)
    assert len(ids()) == 2


@pytest.mark.parametrize("words", [["parked"], ["redrive", "invented", "--why", "again"]])
def test_without_a_state_file_there_is_nothing_to_list(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIS_ESR_STATE", str(tmp_path / "nowhere"))
    code, said = call(*words)
    assert (code, "no such file" in said.replace("\n", " ")) == (2, True)
    assert not (tmp_path / "nowhere").exists()


def test_what_tcs_refused_is_handled_again_once_the_cause_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_contact_details(world: World) -> None:
        person = world.person()
        world.placement(world.post("EOE", npn=NPN), person, -10, 100)
        person["contactDetails"] = None

    with small_world(tmp_path, without_contact_details) as small:
        monkeypatch.setenv("TIS_ESR_STATE", str(tmp_path / "state"))
        small.file(
            f'ASG,1,"","C",1,"","",,,"{NPN}","Lead Employer"',
            'PER,1,"","C","","","","Changed-Specimen"',
            'PBD,1,"","C","General Medical Council","7200001",',
        )
        small.run()
        assert call("parked")[0] == 1
        [refused] = json.loads(call("parked", "--json")[1])
        assert "400" in refused["reason"]

        mend(small)
        code, said = call("redrive", refused["id"], "--why", "TIS was corrected")
        assert (code, said.splitlines()[-1]) == (0, "1 requeued")
        assert call("parked") == (0, "Nothing is parked.\n")
        _, summary = small.run()
        assert summary.parked == []
        contact = small.tcs.simulator.store.details("contactDetails", 200_001)
        assert contact is not None
        assert contact["legalSurname"] == "Changed-Specimen"
        [file] = summary.files_in
        assert {state: file["row_states"][state] for state in ("APPLIED", "PARKED", "IGNORED")} == {
            "APPLIED": 3,
            "PARKED": 0,
            "IGNORED": 1,
        }


def mend(small: Small) -> None:
    """Give TCS the contact details whose want it refused."""
    [person] = small.tcs.simulator.store.people.values()
    person["contactDetails"] = {"id": person["id"], "surname": "Specimen", "legalSurname": "Specimen"}


# Help.


@pytest.mark.parametrize("command", ["run", "install", "doctor", "parked", "redrive"])
def test_every_command_of_operating_has_help(command: str) -> None:
    assert call(command, "--help")[0] == 0


@pytest.mark.parametrize("command", ["run", "day"])
def test_a_wrong_context_path_is_one_line_and_code_2(shell: Shell, tmp_path: Path, command: str) -> None:
    (shell.folder / "in").mkdir()
    with small_world(tmp_path / "world", lambda world: world.post("EOE", npn=NPN)) as small:
        url = small.tcs.url.removesuffix("/tcs")
        options = ["--in", "in", "--out", "out", "--tcs", url] if command == "day" else []
        said = shell(command, *options, TIS_ESR_TCS_URL=url)
    [line] = said.err.splitlines()
    assert (said.code, f"{url} is not TCS" in line, "context path" in line) == (2, True, True)
