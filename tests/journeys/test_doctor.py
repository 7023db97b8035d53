"""``doctor`` on both engines: it is content only where everything is in order, names what isn't, and changes nothing."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pika import BlockingConnection, URLParameters
from tests.announced_process import announce
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, small_world

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.work import Work
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.composition import engine_for_operation
from tis_esr.operations.doctor import exports
from tis_esr.operations.doctor.running import queues_by_service
from tis_esr.services.flow import bindings_only
from tis_esr.services.restored import mark_restored, mark_settled

CHECKS = [
    "settings", "schedule", "engine", "replica set", "broker", "permissions", "processes", "agreement", "leases", "exports",
    "files in", "files out", "TCS", "certificates", "clocks", "disk",
]  # fmt: skip
UNSEEN = "broker: TIS_ESR_AMQP_MANAGEMENT_URL: is not set, so these were not checked: shovels, policies, "


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Program]:
    """The program where everything is in order but for what a test breaks."""
    with small_world(tmp_path, lambda world: world.post("EOE", npn=NPN)) as small:
        called = program(request.param, tmp_path)
        called.settings["TIS_ESR_TCS_URL"] = small.tcs.url
        for name in ("in", "out"):
            (tmp_path / name).mkdir()
        yield called


@contextmanager
def running(here: Program, but: str = "") -> Iterator[None]:
    """Have every queue read, as by an announced ``tis-esr run``, except one; or the state file held."""
    if here.engine == "embedded":
        engine = EmbeddedEngine(here.folder / "state.sqlite", ALL_COLLECTIONS)
        yield
        engine.close()
        return
    with BlockingConnection(URLParameters(here.settings["TIS_ESR_AMQP_URL"])) as connection:
        channel = connection.channel()
        for queue in queues(bindings_only()):
            if queue.name != but:
                channel.basic_consume(queue.name, lambda *_: None)
        services = [name for name, own in queues_by_service().items() if but not in own]
        asyncio.run(announce(here.read_settings(), services))
        yield


def passed(text: str) -> set[str]:
    """Return the checks that found nothing."""
    return set(re.findall(r"^(.+): OK$", text, re.MULTILINE))


def unseen(here: Program) -> set[str]:
    """Return what can't be checked without RabbitMQ's management API."""
    return {"broker"} if here.engine == "production" else set()


def test_everything_in_order_is_ok_and_code_0(here: Program) -> None:
    with running(here):
        said = here("doctor")
    assert (said.code, passed(said.text)) == (0, set(CHECKS) - unseen(here)), said.text
    assert (UNSEEN in said.text) == (here.engine == "production")


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        (
            "TIS_ESR_APPLICANT_CRON",
            "0 14 * * *",
            "settings: environment: TIS_ESR_APPLICANT_CRON is not a setting and is ignored; "
            "did you mean TIS_ESR_APPLICANTS_CRON?; correct or remove it",
        ),
        (
            "TIS_ESR_INBOUND",
            "mistyped",
            "files in: TIS_ESR_INBOUND: mistyped: no such folder; create the folder, or correct its name",
        ),
        ("TIS_ESR_OUTBOUND", "mistyped", "files out: TIS_ESR_OUTBOUND: mistyped: no such folder; "),
        ("TIS_ESR_TCS_URL", "http://127.0.0.1:9/tcs", "TCS: TIS_ESR_TCS_URL: TCS: "),
    ],
)
def test_each_wrong_setting_is_named_and_nothing_is_made_of_it(
    here: Program, setting: str, value: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here.folder)
    with running(here):
        said = here("doctor", **{setting: value})
    assert (said.code, expected in said.text) == (3, True), said.text
    name = expected.partition(":")[0]
    also = {"clocks"} if name == "TCS" else set()
    assert passed(said.text) == set(CHECKS) - {name} - also - unseen(here), said.text
    assert not (here.folder / "mistyped").exists()


def test_exports_that_a_restore_withholds_are_named_until_what_was_sent_is_settled(here: Program) -> None:
    asyncio.run(_committed(here, mark_restored))
    with running(here):
        said = here("doctor")
    assert said.code == 3
    assert re.search(
        r"exports: tis-esr recover: has not settled yet what was sent since the store was restored from a backup on"
        r" \d{1,2} \w{3} \d{4} \d\d:\d\d, so exports are withheld; run tis-esr recover --from \(time of the backup\)"
        r" --to \(now\)",
        " ".join(said.text.split()),
    ), said.text
    assert passed(said.text) == set(CHECKS) - {"exports"} - unseen(here)
    asyncio.run(_committed(here, mark_settled))
    assert asyncio.run(exports.check(here.read_settings())) == []


async def _committed(here: Program, change: Callable[[Work], Awaitable[None]]) -> None:
    async with engine_for_operation(here.read_settings()) as runner:
        work = runner.work()
        await change(work)
        await work.commit()


@pytest.mark.parametrize("here", ["production"], indirect=True)
def test_services_that_no_process_runs_are_named(here: Program) -> None:
    said = here("doctor")
    assert said.code == 3
    assert (
        "processes: tis-esr run: no process is running: nothing reads the queues; start tis-esr run"
        in said.text
    )
    with running(here, but="esr.queue.asg.split"):
        said = here("doctor")
    assert said.code == 3
    assert (
        "processes: tis-esr run: no process runs InboundDataWriter; start tis-esr run InboundDataWriter"
        in said.text
    )


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
def test_on_the_embedded_engine_no_running_process_is_a_note(here: Program) -> None:
    said = here("doctor")
    assert said.code == 0
    assert "processes: tis-esr run: no process has " in said.text
    assert "unless each day is run manually with tis-esr day" in said.text
    assert not (here.folder / "state.sqlite").exists()


@pytest.mark.parametrize("here", ["production"], indirect=True)
def test_a_read_preference_that_loses_files_is_named_and_refused_by_every_command(here: Program) -> None:
    url = here.settings["TIS_ESR_MONGODB_URL"]
    other = {"TIS_ESR_MONGODB_URL": f"{url}{'&' if '?' in url else '?'}readPreference=secondaryPreferred"}
    expected = (
        "setting mongodb_url (TIS_ESR_MONGODB_URL or mongodb_url in tis-esr.toml): the option"
        " readPreference=secondaryPreferred must be primary: a secondary may lack what was just committed"
    )
    for command in ("doctor", "run", "install"):
        said = here(command, **other)
        assert (said.code, expected in said.text) == (2, True), said.text


def test_a_cron_expression_without_five_fields_is_named_before_anything_is_checked(here: Program) -> None:
    said = here("doctor", TIS_ESR_APPLICANTS_CRON="0 14 * *")
    expected = (
        "setting applicants_cron (TIS_ESR_APPLICANTS_CRON or applicants_cron in tis-esr.toml): '0 14 * *' "
    )
    assert (said.code, expected in said.text) == (2, True), said.text
