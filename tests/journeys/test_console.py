"""``tis-esr console`` as people start and stop it; for pages and sign-in see tests/web/console."""

import shutil
import signal
import socket
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.web.console.browsing import form_token
from tests.web.console.conftest import state
from tests.web.console.console_process import console_process
from tests.web.console.oidc_provider import CLIENT, SECRET, Provider

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.wall_clock import today

__all__ = ["state"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_state_file_is_shown_by_the_address_that_is_printed_until_ctrl_c(
    state: Path, tmp_path: Path, number: int
) -> None:
    with console_process(["--state", state, "--port", "0"], tmp_path) as console:
        assert console.address.startswith("http://127.0.0.1:")
        with httpx2.Client(follow_redirects=True) as browser:
            assert "<title>Today – TIS-ESR</title>" in browser.get(console.address).text
        code, said = console.stopped(number)
    assert code == 0
    assert said.splitlines()[-1] == "The console has stopped."
    assert "Traceback" not in said


def test_the_demo_shows_its_three_days_the_last_of_them_today(tmp_path: Path) -> None:
    with console_process(["--demo", "--port", "0"], tmp_path) as console:
        with httpx2.Client(follow_redirects=True) as browser:
            browser.get(console.address)
            origin = console.address.partition("/sign-in")[0]
            files = browser.get(f"{origin}/files?office=EMD&type=RMC").text
            found = browser.get(f"{origin}/findings").text
        code, _ = console.stopped()
    assert code == 0
    assert f"DE_EMD_RMC_{today():%Y%m%d}_" in files
    assert "open finding" in found


def test_a_demo_that_is_there_is_shown_as_people_left_it(tmp_path: Path) -> None:
    called = program("embedded", tmp_path)
    folder = tmp_path / "demo"
    called("demo", "--dir", folder)
    [message, *_] = called("parked", "list", "--state", folder / "state.sqlite", "--json").json
    discard = ("--ticket", "T-1", "--review", f"{today() + timedelta(days=20)}", "--why", "not ours")
    said = called("parked", "discard", message["id"], *discard, "--state", folder / "state.sqlite")
    assert said.code == 0, said.text
    before = called("audit", "--state", folder / "state.sqlite", "--json").json
    with console_process(["--demo", "--port", "0"], tmp_path) as console:
        with httpx2.Client(follow_redirects=True) as browser:
            browser.get(console.address)
            origin = console.address.partition("/sign-in")[0]
            posts, checks = browser.get(f"{origin}/posts"), browser.get(f"{origin}/doctor")
        replaced = called("demo", "--dir", folder)
        code, _ = console.stopped()
    assert called("audit", "--state", folder / "state.sqlite", "--json").json == before
    assert "not ours" in str(before)
    assert (code, posts.status_code) == (0, 200)
    assert "Everything that the settings name works." in checks.text
    assert replaced.code == 3
    assert "is in use by another tis-esr process; stop that one, or name another --dir" in replaced.text


def test_a_console_that_can_not_start_runs_no_demo(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = program("embedded", tmp_path)(
            "console", "--demo", "--dir", tmp_path / "demo", "--port", taken.getsockname()[1]
        )
    assert said.code == 3
    assert "is in use; set another --port" in said.text
    assert not (tmp_path / "demo").exists()


def test_a_demo_whose_state_file_is_in_use_is_not_replaced(tmp_path: Path) -> None:
    called, folder = program("embedded", tmp_path), tmp_path / "demo"
    called("demo", "--dir", folder)
    with closing(EmbeddedEngine(folder / "state.sqlite", [])):
        said = called("demo", "--dir", folder)
    assert said.code == 3
    assert f"the demo in {folder} is in use by another tis-esr process" in said.text
    assert (folder / "out").is_dir()


def test_a_port_in_use_is_named_with_what_to_do(state: Path, tmp_path: Path) -> None:
    with console_process(["--state", state, "--port", "0"], tmp_path) as console:
        port = console.address.partition("127.0.0.1:")[2].partition("/")[0]
        said = program("embedded", tmp_path)("console", "--state", state, "--port", port)
    assert said.code == 3
    assert f"127.0.0.1:{port} is in use; set another --port (0 picks a free port)" in said.text


@pytest.mark.parametrize("engine", ENGINES)
def test_it_is_never_open_by_default(engine: str, tmp_path: Path) -> None:
    called = program(engine, tmp_path)
    said = called("console", TIS_ESR_CONSOLE_HOST="0.0.0.0")  # noqa: S104 - it is refused
    reason = {
        "embedded": "TIS_ESR_CONSOLE_HOST: 0.0.0.0 is not a loopback address; set TIS_ESR_CONSOLE_OIDC_ISSUER, or remove it",
        "production": "TIS_ESR_CONSOLE_OIDC_ISSUER: is not set, and the console of the production engine needs a sign-in",
    }
    assert said.code == 2
    assert reason[engine] in said.text


def test_a_state_file_can_be_read_while_a_day_writes_it(state: Path, tmp_path: Path) -> None:
    """A console holds no lock: the day's own process is the only writer."""
    called = program("embedded", tmp_path)
    with console_process(["--state", state, "--port", "0"], tmp_path):
        said = called("purge", "--dry-run", "--state", state, "--as-of", "2026-11-25")
    assert said.code == 0


@pytest.fixture
def installed(tmp_path: Path) -> Program:
    """The program on an empty production engine."""
    called = program("production", tmp_path)
    assert called("install").code == 0
    return called


async def test_a_team_signs_in_at_its_provider_and_any_process_serves_the_session(
    installed: Program, tmp_path: Path
) -> None:
    port, other = _free_port(), _free_port()
    async with Provider().running() as provider:
        settings = {
            **installed.settings,
            "TIS_ESR_CONSOLE_URL": f"http://127.0.0.1:{port}",
            "TIS_ESR_CONSOLE_OIDC_ISSUER": provider.issuer,
            "TIS_ESR_CONSOLE_OIDC_CLIENT_ID": CLIENT,
            "TIS_ESR_CONSOLE_OIDC_CLIENT_SECRET": SECRET,
        }
        with ExitStack() as stack:
            first = stack.enter_context(console_process(["--port", port], tmp_path, settings))
            stack.enter_context(console_process(["--port", other], tmp_path, settings))
            async with httpx2.AsyncClient(follow_redirects=True) as browser:
                page = await browser.get(f"http://127.0.0.1:{port}/files")
                assert "testa.specimen" in page.text
                assert "No file has arrived in this period." in page.text
                for path in ("/findings", "/forecast", "/why?word=1900002", "/doctor"):
                    assert (await browser.get(f"http://127.0.0.1:{port}{path}")).status_code == 200
                behind_the_proxy = {"Host": f"127.0.0.1:{port}"}
                elsewhere = await browser.get(f"http://127.0.0.1:{other}/files", headers=behind_the_proxy)
                assert "testa.specimen" in elsewhere.text
            assert first.stopped()[0] == 0


@pytest.fixture(params=ENGINES)
def either(request: pytest.FixtureRequest, state: Path, tmp_path: Path) -> Program:
    """The program on an engine: a state file with the demo's days, or an empty production engine."""
    called = program(request.param, tmp_path)
    if request.param == "production":
        assert called("install").code == 0
    else:
        shutil.copyfile(state, called.settings["TIS_ESR_STATE"])
    return called


async def test_signing_in_and_out_at_a_provider_is_in_the_audit_of_either_engine(
    either: Program, tmp_path: Path
) -> None:
    port = _free_port()
    origin = f"http://127.0.0.1:{port}"
    async with Provider().running() as provider:
        settings = {
            **either.settings,
            "TIS_ESR_CONSOLE_URL": origin,
            "TIS_ESR_CONSOLE_OIDC_ISSUER": provider.issuer,
            "TIS_ESR_CONSOLE_OIDC_CLIENT_ID": CLIENT,
            "TIS_ESR_CONSOLE_OIDC_CLIENT_SECRET": SECRET,
        }
        with console_process(["--port", port], tmp_path, settings):
            async with httpx2.AsyncClient(headers={"Sec-Fetch-Site": "same-origin"}) as browser:
                page = await browser.get(f"{origin}/files", follow_redirects=True)
                assert "testa.specimen" in page.text
                await browser.post(f"{origin}/sign-out", data={"form_token": form_token(page)})
                again = await browser.get(f"{origin}/sign-in/callback?code=guess&state=guess")
                assert again.status_code == 403
            found = either("audit", "--json").json["entries"]
            assert either("audit", "--verify").code == 0
    assert [(one["who"], one["via"], one["act"], one["result"]) for one in found][:2] == [
        ("testa.specimen", "console", "console.sign-out", "signed out"),
        ("testa.specimen", "console", "console.sign-in", "signed in as operator"),
    ]


def test_a_console_for_a_team_does_not_create_a_state_file_that_was_named_wrongly(tmp_path: Path) -> None:
    called = program("embedded", tmp_path)
    said = called(
        "console",
        TIS_ESR_CONSOLE_URL="http://127.0.0.1:8090",
        TIS_ESR_CONSOLE_OIDC_ISSUER="http://127.0.0.1:9/realms/tis",
        TIS_ESR_CONSOLE_OIDC_CLIENT_ID=CLIENT,
        TIS_ESR_CONSOLE_OIDC_CLIENT_SECRET=SECRET,
    )
    assert said.code == 2
    assert "no such state file" in said.text


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
