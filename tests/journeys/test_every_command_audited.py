"""Every command that acts leaves its entry in the audit, and every one that reads leaves none, on both engines."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from inspect import isclass
from pathlib import Path
from string import Formatter
from typing import Any, get_args, get_type_hints

import pytest
from tests.journeys.audited_lines import LINES, SECOND, WITHOUT_ACTS_HERE
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.journeys.test_parked_desk import assigned
from tests.web.console.test_alarms_and_acts import alarm
from typer.models import ArgumentInfo

from tis_esr.cli import app
from tis_esr.errors import Exit
from tis_esr.operations import waiting_for_services
from tis_esr.operations.alarms.alarm import ALARMS
from tis_esr.operations.audit.trail import AuditEntry, entries
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.doctor.check import Check
from tis_esr.operations.procedures.step_runs import Procedure
from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World

REJECTED = 4
ALARM = "file-held:EMD"
COMING = "EOE/RX1/800/STR/900"
LINE_OF: dict[str, tuple[str, tuple[str, ...]]] = {
    line: (name, acts) for name, lines in LINES.items() for line, acts in lines.items()
}


def test_every_command_has_a_line_and_so_has_each_of_its_acts() -> None:
    assert sorted(name for name in named() if name.split()[0] not in WITHOUT_ACTS_HERE) == sorted(LINES)
    assert WITHOUT_ACTS_HERE.keys() <= {name.split()[0] for name in named()}


def test_the_page_about_the_audit_names_every_act() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "audit.md").read_text()
    acts = {act for _, some in LINE_OF.values() for act in some}
    assert [act for act in sorted(acts) if f"`{act}`" not in page] == []


def test_the_page_about_the_audit_names_the_steps_that_the_console_requests() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "audit.md").read_text()
    assert [one for one in Procedure if f"`{one}.step`" not in page] == []


def named() -> Iterator[str]:
    """Yield every command of the program, and where its first word is one of several, each with that word."""
    for registered in app.registered_commands:
        assert registered.callback is not None
        name = registered.name or registered.callback.__name__
        words = [
            one.value
            for hint in get_type_hints(registered.callback, include_extras=True).values()
            if any(isinstance(part, ArgumentInfo) for part in get_args(hint))
            for kind in get_args(hint)[:1]
            if isclass(kind) and issubclass(kind, Enum)
            for one in kind
        ]
        yield from [f"{name} {word}" for word in words] or [name]


@dataclass
class Installation:
    """The program on one engine after a day with an applicant, four people whom TCS rejected, and an unreadable row."""

    called: Program
    small: Small
    inbound: str = ""
    known: dict[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return self.called.read_settings()

    def trail(self) -> list[AuditEntry]:
        with closing(reader_of(self.settings)) as reader:
            return entries(reader, last=1000)

    def words(self, line: str) -> list[str]:
        """Return a line's words, filled in with what is there now."""
        names = {name for _, name, _, _ in Formatter().parse(line) if name}
        values = {name: self.known[name] if name in self.known else self.found(name) for name in names}
        return [word.format(**values) for word in line.split()]

    def found(self, name: str) -> str:
        if name == "parked":
            return str(self.called("parked", "list", "--cause", "tcs-rejected", "--json").json[0]["id"])
        if name == "batch":
            return str(self.called("batch", "--json").json["batches"][0]["id"])
        if name == "gap":
            return str(self.called("files", "--json").json["gaps"][0]["name"])
        raise AssertionError(name)


def build(world: World) -> None:
    for number in range(REJECTED):
        person = world.person()
        world.placement(world.post("EOE", npn=f"{NPN}{number}"), person, -10, 100)
        person["contactDetails"] = None
    world.placement(world.post("EOE", npn=COMING), world.person(), 30, 300)


@pytest.fixture(params=ENGINES)
def here(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    monkeypatch.setattr(waiting_for_services, "SILENT_SECONDS", 0.1)
    monkeypatch.setattr(waiting_for_services, "POLL_SECONDS", 0.05)
    monkeypatch.setattr("tis_esr.commands.recover.examine", nothing_found)
    with small_world(tmp_path, build) as small:
        installation = Installation(program(request.param, tmp_path), small)
        prepare(installation)
        yield installation


async def nothing_found(_: Settings) -> Any:
    yield Check(name="engine", ok=True, findings=[])


def prepare(here: Installation) -> None:
    folder, called = here.small.folder, here.called
    bad = por(1).replace("POR,1,", "POR,twelve,")
    rows = [row for number in range(REJECTED) for row in assigned(number)]
    here.inbound = here.small.file(*rows, bad, por(5, COMING))
    new = folder / "later" / here.inbound.replace("00000101", "00000103")
    new.parent.mkdir()
    new.write_text(f"{por(6, COMING)}\nTRL,1\n")
    called.settings |= {
        "TIS_ESR_PERSON": "ann",
        "TIS_ESR_EDIT_PARKED": "one",
        "TIS_ESR_ALARM_WEBHOOK_URL": "http://127.0.0.1:9/hook",
        "TIS_ESR_ALARM_WEBHOOK_SECRET": "whisper",
    }
    assert called("install").code == 0
    asyncio.run(store_alarm(here))
    body = folder / "body.json"
    here.known = {
        "in": str(folder / "in"),
        "out": str(folder / "out"),
        "tcs": here.small.tcs.url,
        "inbound": here.inbound,
        "new": str(new),
        "new_file": str(folder / "person.json"),
        "body": str(body),
        "app": "DE_EOE_APP_20261124_00000008.DAT",
        "dnc": "DE_EOE_DNC_20261124_00000008.DAT",
        "npn": COMING,
        "gmc": "7200001",
        "alarm": ALARM,
        "soon": f"{datetime.now(UTC).date() + timedelta(days=3)}",
    }


async def store_alarm(here: Installation) -> None:
    async with engine_for_operation(here.settings) as runner:
        work = runner.work()
        work.put(ALARMS, alarm(ALARM))
        await work.commit()


@pytest.mark.timeout(300)
def test_each_command_that_acts_leaves_an_entry_and_each_that_reads_leaves_none(here: Installation) -> None:
    wrong, before = {}, len(here.trail())
    for line, (_, acts) in LINE_OF.items():
        meanwhile(here, line)
        said = here.called(*here.words(line))
        assert said.code in {Exit.DONE, Exit.DONE_WITH_PARKED, Exit.UNAVAILABLE}, (line, said.text)
        trail = here.trail()
        new = trail[: len(trail) - before]
        before = len(trail)
        left = {entry.act for entry in new}
        if not set(acts) <= left or (left and not acts):
            wrong[line] = (acts, left, said.text)
        assert {(entry.who, entry.via) for entry in new} <= {("ann", "command line")}
    assert not wrong


def meanwhile(here: Installation, line: str) -> None:
    """Change in TIS, and in files, what the line is about."""
    if line.startswith("day") and SECOND in line:
        store = here.small.tcs.simulator.store
        coming = store.placements[here.small.world.placements[-1]["id"]]["traineeId"]
        store.people[coming]["contactDetails"]["email"] = "testa.changed@example.invalid"
    if "{body}" in line:
        write_body(here)


def write_body(here: Installation) -> None:
    """Write the body of the parked message, changed, to the file that the line names."""
    with closing(reader_of(here.settings)) as reader:
        found = next(trace for trace in reader.parked() if trace.id == here.found("parked"))
        message = reader.parked_message(found.queue, found.id)
    assert message is not None
    Path(here.known["body"]).write_bytes(message.body.replace(b"Changed-Specimen", b"Corrected-Specimen"))
