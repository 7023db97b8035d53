"""``tis-esr run --console``: the console beside the services of one process, on a port of its own."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import httpx2
import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, TODAY, Small, por, small_world
from tests.web.console.browsing import form_token, text
from tests.web.console.console_process import console_process
from tests.web.console.oidc_provider import CLIENT, SECRET, Provider
from tests.web.console.test_alarms_and_acts import HELD, alarm, plan_of, stored

from tis_esr.operations.composition import reader_of
from tis_esr.services.data_exporter.outbound import APPLICANTS, ApplicantRecord, RecordState
from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World
from tis_esr.wall_clock import today


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_world(tmp_path, lambda world: world.post("EOE", npn=NPN)) as small:
        (tmp_path / "in").mkdir()
        yield small


def of(engine: str, small: Small) -> Program:
    called = program(engine, small.folder)
    called.settings |= {
        "TIS_ESR_TCS_URL": small.tcs.url,
        "TIS_ESR_HTTP_PORT": str(_free_port()),
        "TIS_ESR_CONSOLE_PORT": str(_free_port()),
        "TIS_ESR_SWEEP_SECONDS": "0.2",
    }
    return called


async def test_a_state_file_is_shown_and_acted_on_while_its_services_hold_it(small: Small) -> None:
    called = of("embedded", small)
    await stored(Path(called.settings["TIS_ESR_STATE"]), [alarm(HELD)])
    with console_process(["--console"], small.folder, called.settings, "run") as running:
        assert running.address.startswith(f"http://127.0.0.1:{called.settings['TIS_ESR_CONSOLE_PORT']}/")
        origin = running.address.partition("/sign-in")[0]
        said = {"Sec-Fetch-Site": "same-origin"}
        async with httpx2.AsyncClient(base_url=origin, headers=said, follow_redirects=True) as browser:
            assert (await browser.get("/alarms")).status_code == 401
            await browser.get(running.address)
            page = await browser.get("/alarms")
            fields = {"form_token": form_token(page), "item": HELD}
            page = await browser.post("/alarms/note", data=fields)
            fields = {"form_token": form_token(page), "plan": plan_of(page), "why": "on call"}
            assert "Noted for 1 alarm." in text(await browser.post("/alarms/note", data=fields))
        code, rest = running.stopped()
    assert code == 0
    assert "Traceback" not in rest


async def test_files_are_created_in_the_console_of_a_state_file_by_the_services_beside_it(
    tmp_path: Path,
) -> None:
    late = (today() - TODAY).days

    def due(world: World) -> None:
        world.placement(world.post("EOE", npn=NPN), world.person(), late + 30, late + 300)

    with small_world(tmp_path, due) as small:
        called = of("embedded", small)
        called.settings |= {
            "TIS_ESR_APPLICANTS_CRON": "0 0 29 2 *",
            "TIS_ESR_NOTIFICATIONS_CRON": "0 0 29 2 *",
        }
        small.file(por(), day_number=late)
        with console_process(["--console"], tmp_path, called.settings, "run") as running:
            origin = running.address.partition("/sign-in")[0]
            said = {"Sec-Fetch-Site": "same-origin"}
            async with httpx2.AsyncClient(base_url=origin, headers=said, follow_redirects=True) as browser:
                await browser.get(running.address)
                async with asyncio.timeout(30):
                    while not _due_in(Path(called.settings["TIS_ESR_STATE"])):  # noqa: ASYNC110 - of another process
                        await asyncio.sleep(0.1)
                fields = {"form_token": form_token(await browser.get("/exports")), "item": "EOE:APP"}
                page = await browser.post("/exports/create", data=fields)
                assert "Create 1 file for ESR with 1 row?" in text(page)
                fields = {"form_token": form_token(page), "plan": plan_of(page), "why": "the office asked"}
                assert "Done. 1 file requested" in text(await browser.post("/exports/create", data=fields))
                async with asyncio.timeout(30):
                    while not list((tmp_path / "out").glob("DE_EOE_APP_*")):  # noqa: ASYNC110 - of another process
                        await asyncio.sleep(0.1)
            assert running.stopped()[0] == 0


def _due_in(state: Path) -> list[ApplicantRecord]:
    with closing(reader_of(Settings(), state)) as reader:
        return [one for one in reader.find(APPLICANTS, {}) if one.state is RecordState.TO_EXPORT]


async def test_browsers_that_stall_keep_neither_files_nor_health_nor_others_waiting(small: Small) -> None:
    called = of("embedded", small)
    port = int(called.settings["TIS_ESR_CONSOLE_PORT"])
    health = f"http://127.0.0.1:{called.settings['TIS_ESR_HTTP_PORT']}"
    with console_process(["--console"], small.folder, called.settings, "run") as running:
        async with AsyncExitStack() as stack, httpx2.AsyncClient(follow_redirects=True) as browser:
            await browser.get(running.address)
            for sent in (
                b"GET /files HT",
                b"GET /static/nhsuk-frontend.css HTTP/1.1\r\nHost: x\r\n\r\n",
            ) * 100:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                stack.callback(writer.close)
                writer.write(sent)
            name = small.file(por(), day_number=0)
            async with asyncio.timeout(30):
                while not await _is_shown(browser, f"http://127.0.0.1:{port}/files/{name}"):  # noqa: ASYNC110 - of another process
                    await asyncio.sleep(0.1)
            async with asyncio.timeout(5):
                for path in ("/health/live", "/health/ready", "/metrics"):
                    assert (await browser.get(health + path)).status_code == 200
        assert running.stopped()[0] == 0


async def _is_shown(browser: httpx2.AsyncClient, address: str) -> bool:
    """Ask as a browser does: again, where the kept connection had to make room just then."""
    try:
        return (await browser.get(address)).status_code == 200
    except httpx2.ReadError:
        return False


@pytest.fixture
def installed(small: Small) -> Program:
    called = of("production", small)
    assert called("install").code == 0
    return called


async def test_on_the_production_engine_people_sign_in_at_the_provider(
    small: Small, installed: Program
) -> None:
    origin = f"http://127.0.0.1:{installed.settings['TIS_ESR_CONSOLE_PORT']}"
    async with Provider().running() as provider:
        settings = {
            **installed.settings,
            "TIS_ESR_CONSOLE_URL": origin,
            "TIS_ESR_CONSOLE_OIDC_ISSUER": provider.issuer,
            "TIS_ESR_CONSOLE_OIDC_CLIENT_ID": CLIENT,
            "TIS_ESR_CONSOLE_OIDC_CLIENT_SECRET": SECRET,
        }
        with console_process(["DataExporter", "--console"], small.folder, settings, "run") as running:
            async with httpx2.AsyncClient(follow_redirects=True) as browser:
                assert "testa.specimen" in (await browser.get(f"{origin}/files")).text
            assert running.stopped()[0] == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_it_is_never_open_by_default(engine: str, small: Small) -> None:
    """What would be open is refused before a service starts; without the option nothing is served."""
    said = of(engine, small)("run", "--console", TIS_ESR_CONSOLE_HOST="0.0.0.0")  # noqa: S104 - it is refused
    reason = {
        "embedded": "TIS_ESR_CONSOLE_HOST: 0.0.0.0 is not a loopback address; set TIS_ESR_CONSOLE_OIDC_ISSUER, or remove it",
        "production": "TIS_ESR_CONSOLE_OIDC_ISSUER: is not set, and the console of the production engine needs a sign-in",
    }
    assert said.code == 2
    assert reason[engine] in said.text


def test_a_port_in_use_is_named_with_its_setting(small: Small) -> None:
    called = of("embedded", small)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = called("run", "--console", TIS_ESR_CONSOLE_PORT=str(port))
    assert said.code == 3
    assert f"127.0.0.1:{port} is in use; set another TIS_ESR_CONSOLE_PORT (0 picks a free port)" in said.text


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
