"""Nobody's name, birth date or address is in anything that a day says: logs, metrics, traces, reasons, commands.

A generated day runs with a TCS that fails and gossips, and with a file broken at every spot where a
person's data can stand. Then everything said is searched for everything that is known about the people.
Ids and registration numbers may be said: they are what support works with.
"""

import asyncio
import contextlib
import io
import json
import logging
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import structlog
import yaml
from aiohttp import web
from tests.journeys.test_commands import NOBODY, call
from tests.tracing.collector import Kept

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import PermanentError
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work
from tis_esr.files.folder import Folder
from tis_esr.operations.why.explain import explain
from tis_esr.process.logs import log_events
from tis_esr.records.row_reading import read_records
from tis_esr.services.day import run_day
from tis_esr.services.flow import COLLECTIONS, Dependencies, handlers
from tis_esr.services.inbound_data_reader.arrivals import Arrivals, announce
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.tcs.responses import error
from tis_esr.simulation.tcs.server import Running, running_simulator
from tis_esr.simulation.tcs.switches import Misbehaviour, Switches
from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tracing.exporting import exporting
from tis_esr.web.metrics import Metrics

TODAY = date(2026, 11, 24)
BROKEN = "DE_EMD_RMC_20261124_00004002.DAT"
NO_TEXT = "DE_EMD_RMC_20261124_00004003.DAT"
GONE = "DE_EMD_RMC_20261124_00004004.DAT"
ANSWER = "DE_EMD_APC_20261124_00000001.DAT"

SURNAME, FORENAME, BORN = "Leakington-Proband", "Gossipa", "1984-12-31"
NINO, EMAIL, TELEPHONE = "ZZ654321Z", "gossipa@leakington.example", "07700 900777"
STREET, TOWN, POSTCODE = "77 Whisper Lane", "Rumourham", "ZZ98 7YX"
GOSSIP = f"{FORENAME} {SURNAME} ({NINO}), born {BORN}, {STREET}, {TOWN} {POSTCODE}, {TELEPHONE}, {EMAIL}"

PER = f'"{NINO}","{SURNAME}","{FORENAME}","","","DR","F"'
NO_ASSIGNMENT = f'PER,1,"","C","","",{PER},19841231,"","{TELEPHONE}"'
BROKEN_ROWS = (
    NO_ASSIGNMENT,
    f'{SURNAME}","{FORENAME}","{STREET}"',
    f'{NINO},"{SURNAME}"',
    f'{BORN},"{TELEPHONE}","{EMAIL}"',
    f'ADD,{FORENAME},"","C","HOME","Y","{STREET}","","","{TOWN}","","{POSTCODE}"',
    f'POR,{SURNAME},"","C",1,"{GOSSIP}","EOE/1"',
    f'POR,6999998,"","C",{BORN},"{GOSSIP}"',
    f'{GOSSIP},1,"","C"',
    'ASG,1,"","C",1,"","",,,"EOE/NOT/KNOWN","Lead Employer"',
    f'PER,1,"","C","","",{PER},31-DEC-1984,"","{TELEPHONE}","","","","{EMAIL}"',
    f'PER,{SURNAME},"","C","","",{PER},{BORN}',
    f'ADD,1,"","C","HO"ME","Y","{STREET}","{GOSSIP}","","{TOWN}","","{POSTCODE}"',
    'PBD,1,"","C","General Medical Council","7999999",',
    f'ABS,1,"","C",{BORN},20260306,{NINO},"{SURNAME}-{FORENAME}"',
    f'XYZ,1,"{GOSSIP}"',
    f'PER,2,"","C","","",{PER},"{STREET}","surplus","' + '","'.join([GOSSIP] * 30) + '"',
    f"{GOSSIP}\x01\x85",
)
ANSWERS = (
    f'APC,"EOE/1","ERROR","E","{GOSSIP}","",1,1,1,1',
    f'APC,"EOE/1","ERROR","E","Applicant "{GOSSIP}" refused","",1,,1,1',
    f'APC,"EOE/1","{SURNAME}","{FORENAME}","refused","{EMAIL}",{BORN},{NINO},"{STREET}",1',
)
ORDINARY = {"changed"}
"""Parts of invented names that are ordinary words of the program."""


# What is looked for, and how it is found.


def words(text: str) -> list[str]:
    """Return the words of a text, as somebody would read it who undoes what JSON and URLs do to it."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), unquote(text))
    return re.findall(r"[^\W_]+", re.sub(r"\\[nrtfb\"\\/]", " ", plain).lower())


def phrases(kind: str, value: str) -> set[str]:
    """Return how a value might be said: a name by each of its longer parts, a date in the usual forms."""
    parts = words(value)
    if kind == "name":
        whole = {" ".join(parts)} if len(parts) > 1 else set()
        return whole | {part for part in parts if len(part) >= 4 and part not in ORDINARY}
    if kind == "date":
        day = date.fromisoformat(value[:10])
        return {f"{day:%Y %m %d}", f"{day:%Y%m%d}", f"{day:%d %m %Y}", f"{day:%d %b %Y}".lower()}
    if kind == "address":
        return {" ".join(parts), " ".join(part for part in parts if not part.isdigit())}
    return {" ".join(parts), "".join(parts)}


def leaks(said: Mapping[str, str], secrets: Iterable[str]) -> list[tuple[str, str]]:
    """Return where which secret stands."""
    found = []
    for where, text in said.items():
        each = words(text)
        running, single = f" {' '.join(each)} ", set(each)
        found += [
            (where, secret)
            for secret in secrets
            if (secret in single if " " not in secret else f" {secret} " in running)
        ]
    return found


CONTACT = {
    "name": ("surname", "legalSurname", "forenames", "legalForenames", "knownAs", "maidenName"),
    "number": ("telephoneNumber", "mobileNumber", "email", "workEmail", "postCode"),
    "address": ("address1", "address2", "address3", "address4"),
}
PERSONAL = {"date": ("dateOfBirth",), "number": ("nationalInsuranceNumber",)}
COLUMNS = {
    "PER": {
        "name": ("lastName", "firstName", "middleNames", "previousLastName"),
        "number": ("ukNino", "homeTel", "mobileTel", "emailAddress"),
        "date": ("dob",),
    },
    "ADD": {"address": ("address1", "address2", "address3", "town"), "number": ("postcode",)},
}


def within(fields: Mapping[str, Sequence[str]], values: Mapping[str, Any]) -> set[str]:
    return {
        phrase
        for kind, names in fields.items()
        for name in names
        if values.get(name)
        for phrase in phrases(kind, str(values[name]))
        if len(phrase) >= 4
    }


def secrets_of(folder: Path) -> set[str]:
    """Return all that is known about people: in TIS, in ESR's files, and in the broken rows."""
    found: set[str] = set()
    for line in (folder / "tcs" / "people.jsonl").read_text().splitlines():
        person = json.loads(line)
        found |= within(CONTACT, person["contactDetails"] or {})
        found |= within(PERSONAL, person["personalDetails"])
    for path in (folder / "in").iterdir():
        with path.open("rb") as stream:
            for record in read_records(stream):
                found |= within(COLUMNS.get(record.type, {}), record.values)
    for kind, values in {
        "name": (SURNAME, FORENAME),
        "date": (BORN,),
        "number": (NINO, EMAIL, TELEPHONE, POSTCODE),
        "address": (STREET, TOWN),
    }.items():
        found |= {phrase for value in values for phrase in phrases(kind, value)}
    return found


# The day.


_AWAY = range(1, 22)
"""The first calls all fail: enough for the circuit breaker to open."""


class Gossiping(Misbehaviour):
    """TCS failing now and then, each time with somebody's data in its answer."""

    def __init__(self) -> None:
        super().__init__(Switches(stale_next=2))
        self.asked = 0

    async def instead(self) -> web.Response | None:
        self.asked += 1
        if self.asked in _AWAY or self.asked % 31 == 0:
            return error(503, GOSSIP, GOSSIP)
        if self.asked % 37 == 0:
            return error(500, "error.internalServerError", GOSSIP)
        if self.asked % 41 == 0:
            return web.Response(text=f"<html>{GOSSIP}</html>", content_type="text/html")
        if self.asked % 43 == 0:
            return web.json_response([{"id": SURNAME, "surname": SURNAME, "dateOfBirth": GOSSIP}])
        if self.asked % 47 == 0:
            complaints = [{"objectName": SURNAME, "field": GOSSIP, "message": GOSSIP}]
            complaints.append({"objectName": "person", "field": SURNAME, "message": GOSSIP})
            complaints.append({"objectName": "person", "field": "surname", "message": GOSSIP})
            return error(400, GOSSIP, GOSSIP, complaints)
        if self.asked % 53 == 0:
            headers = {"X-tcsApp-error": f"error.{SURNAME}", "X-tcsApp-params": SURNAME}
            return web.Response(status=400, headers=headers)
        if self.asked % 59 == 0:
            return error(400, f"error.{SURNAME}.{FORENAME}", GOSSIP)
        return None


@dataclass
class Day:
    folder: Path
    said: dict[str, str]
    secrets: set[str]


def made(folder: Path) -> None:
    """Make a day, and in it the broken files and a person whose contact details TIS refuses to change."""
    synthesize(deaneries=3, posts=120, seed=11, out=folder, as_of=TODAY)
    rows = [*BROKEN_ROWS, f"TRL,{len(BROKEN_ROWS) + 1}", NO_ASSIGNMENT]
    (folder / "in" / BROKEN).write_text("\n".join(rows))
    (folder / "in" / NO_TEXT).write_bytes(f"{GOSSIP}\n{NO_ASSIGNMENT}\0".encode())
    (folder / "in" / ANSWER).write_text("\n".join([*ANSWERS, f"TRL,{len(ANSWERS) + 1}", ""]))
    text = "".join(path.read_text("cp1252") for path in sorted((folder / "in").glob("*_RM?_*")))
    changed = re.search(r'^PER.*"Changed-Specimen"(?:.*\n)+?PBD,.*"(\d{7})"', text, re.MULTILINE)
    assert changed is not None
    people = [json.loads(line) for line in (folder / "tcs" / "people.jsonl").read_text().splitlines()]
    for person in people:
        contact, personal, number = person["contactDetails"], person["personalDetails"], person["id"]
        contact["mobileNumber"] = f"07700 9{number % 100_000:05d}"
        contact["workEmail"] = f"work.{number}@example.org"
        contact["maidenName"] = f"Formerly{number}"
        personal["nationalInsuranceNumber"] = personal["nationalInsuranceNumber"] or f"ZZ{number}Z"
        if person["gmcDetails"]["gmcNumber"] == changed[1]:
            person["contactDetails"] = None
        if number % 50 == 7:
            personal["dateOfBirth"] = f"{BORN} {SURNAME}"
    (folder / "tcs" / "people.jsonl").write_text("".join(json.dumps(person) + "\n" for person in people))


class Observers:
    """Metrics and traces, attached to a runner as ``tis-esr run`` attaches them."""

    def __init__(self, tcs: Tcs | None = None) -> None:
        self.kept = Kept()
        self.metrics = Metrics(lambda: tcs.stats if tcs else {}, lambda: tcs.breaker_state if tcs else "")

    def traced(self) -> contextlib.AbstractAsyncContextManager[None]:
        return exporting(share=1.0, system="sqlite", instance="tis-esr", sender=self.kept)

    async def said(self, runner: Runner) -> dict[str, str]:
        self.metrics.depths = await runner.engine.depths()
        return {"metrics": self.metrics.text().decode(), "spans": "\n".join(self.told())}

    def told(self) -> list[str]:
        """Return what spans say, without times and ids that are hashes; spans that say the same once."""
        told = set()
        for span in self.kept.spans:
            attributes = {**span.attributes, **span.resource}
            attributes.pop("messaging.message.id", None)
            told.add(json.dumps({"name": span.name, "attributes": attributes}))
        return sorted(told)


async def walked(folder: Path, tcs_url: str) -> dict[str, str]:
    """Take the files as they are found, walk the day; return what metrics and traces say of it."""
    engine = EmbeddedEngine(folder / "state", COLLECTIONS)
    stores = Folder(folder / "in"), Folder(folder / "out", make=True)
    settings = TcsSettings(tcs_url, timeout_seconds=10, attempts=3, longest_wait_seconds=0.1)
    try:
        async with Tcs(settings, breaker=Breaker(3, 0.05, 0.1)) as tcs:
            observers = Observers(tcs)
            found = handlers(Dependencies(tcs, *stores))
            runner = Runner(
                engine, found, today=lambda: TODAY, patience=50, observe=observers.metrics.observe
            )
            async with observers.traced():
                await Arrivals(stores[0]).sweep(runner.work)
                work = runner.work()
                announce(work, [(GONE, "event")])
                await work.commit()
                await runner.drain(["esr.queue.file.arrived"])
                await run_day(runner, *stores, TODAY)
            return await observers.said(runner)
    finally:
        engine.close()


def stored_reasons(state: Path) -> str:
    """Return every reason and note that is kept: they are what support reads."""
    with contextlib.closing(sqlite3.connect(state)) as connection:
        kept = [
            *connection.execute("SELECT file, type, state, reason FROM rows"),
            *connection.execute("SELECT queue, state, correlation_id, reason FROM messages"),
        ]
    reader = StateReader(state)
    with contextlib.closing(reader):
        notes = [(file.reason, file.incomplete, *file.notes) for file in reader.find(FILES, {})]
    return "\n".join(" ".join(row) for row in kept + notes)


def commands_say(folder: Path, tcs: Running) -> dict[str, str]:
    """Return what the commands print about that day, and where they fail."""
    day = ["--in", folder / "in", "--out", folder / "out", "--as-of", f"{TODAY}"]
    state = ["--state", folder / "state"]
    rows = (folder / "tcs" / "people.jsonl").read_text().splitlines()
    numbers = [json.loads(line)["gmcDetails"]["gmcNumber"] for line in rows]
    reader = StateReader(folder / "state")
    with contextlib.closing(reader):
        asked = [word for word in {*numbers, "6000001", "26000001", "7999999"} if word]
        why = [asyncio.run(explain(reader, word, TODAY)) for word in asked]
    gossip, tcs.simulator.misbehaviour = tcs.simulator.misbehaviour, Misbehaviour(Switches())
    summary = call("day", *day, "--tcs", tcs.url, *state, "--json")[1]
    tcs.simulator.misbehaviour = gossip
    return {
        "day": call("day", *day, "--tcs", tcs.url, *state)[1],
        "summary JSON": summary,
        "parked": call("parked")[1],
        "parked JSON": call("parked", "--json")[1],
        "why, of everybody": str(why),
        "why": "".join(call("why", number, *state, "--as-of", f"{TODAY}")[1] for number in numbers[:20]),
        "export": call("export", "applicants", *state, "--out", folder / "out", "--as-of", "2026-11-25")[1],
        "doctor": call("doctor")[1],
        "ingest": call("ingest", folder / "in" / BROKEN, "--state", folder / "other")[1],
        "day without TCS": call("day", *day, "--tcs", NOBODY, "--state", folder / "other")[1],
        "redrive": call("redrive", "--reason", "TCS", "--why", "TIS was corrected")[1],
        "day after the redrive": call("day", *day, "--tcs", tcs.url, *state)[1],
    }


@contextlib.contextmanager
def everything_logged() -> Iterator[io.StringIO]:
    """Log as ``tis-esr run`` does, in JSON, to a text; what the libraries log is in it too."""
    text = io.StringIO()
    before, libraries = structlog.get_config(), logging.StreamHandler(text)
    loggers = ("pika", "asyncssh", "pymongo", "aiohttp", "urllib3")
    levels = {name: logging.getLogger(name).level for name in loggers}
    logging.getLogger().addHandler(libraries)
    try:
        with contextlib.redirect_stderr(text):
            log_events("json")
            yield text
    finally:
        logging.getLogger().removeHandler(libraries)
        structlog.configure(**before)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    folder = tmp_path_factory.mktemp("privacy") / "day"
    made(folder)
    secrets = secrets_of(folder)
    with everything_logged() as log, running_simulator(folder / "tcs") as tcs:
        tcs.simulator.misbehaviour = Gossiping()
        said = asyncio.run(walked(folder, tcs.url))
        said["reasons"] = stored_reasons(folder / "state")
        with pytest.MonkeyPatch.context() as environment:
            environment.chdir(folder)
            environment.setenv("TIS_ESR_STATE", str(folder / "state"))
            environment.setenv("TIS_ESR_PATIENCE_SECONDS", "0.5")
            said |= commands_say(folder, tcs)
    said["log"] = log.getvalue()
    return Day(folder, said, secrets)


def test_nothing_that_a_day_says_tells_of_a_person(day: Day) -> None:
    assert leaks(day.said, sorted(day.secrets)) == []


def test_spans_have_only_attributes_that_the_example_collector_lets_pass(day: Day) -> None:
    """What is new in a span is looked at by a person, who adds it there."""
    collector = Path(__file__).parents[2] / "deploy" / "otel" / "collector.yaml"
    allowed = set(yaml.safe_load(collector.read_text())["processors"]["redaction"]["allowed_keys"])
    spans = [json.loads(line) for line in day.said["spans"].splitlines()]
    assert {name for span in spans for name in span["attributes"]} - allowed == set()


def test_the_day_had_much_to_tell(day: Day) -> None:
    """It would be no wonder if nothing were found in nothing."""
    assert len(day.secrets) > 1000
    assert all(day.said.values())
    for event in ("file_handled", "paused", "parked", "tcs.paused", "tcs.invalid_date_ignored"):
        assert f'"event": "{event}"' in day.said["log"]
    assert day.said["spans"].count('"name": "process esr.queue.') > 500
    for name in (
        "read row",
        "read file",
        "commit",
        "PATCH /api/contact-details/{id}",
        "write row",
        "write file",
    ):
        assert f'"name": "{name}"' in day.said["spans"]
    assert "traces_not_exported" not in day.said["log"]
    for kind in ("parked", "released"):
        assert f'tis_esr_handled_total{{outcome="{kind}"' in day.said["metrics"]
    for kind in ("ok", "refused", "repeated", "unavailable"):
        assert re.search(rf'tis_esr_tcs_calls_total{{method="\w+",outcome="{kind}"', day.said["metrics"])
    assert "tis_esr_parked{" in day.said["metrics"]
    for reason in (
        "no ASG row before this PER",
        "unknown record type",
        "column personId",
        "column dob",
        "answered 400",
        "Lea…",
    ):
        assert reason in day.said["reasons"]
    assert "stopped: TCS" in day.said["day without TCS"]
    assert json.loads(day.said["summary JSON"])["earlier"]["parked"] >= 10
    assert len(json.loads(day.said["parked JSON"])) >= 10


def test_the_search_finds_people_where_they_belong(day: Day) -> None:
    """In the files for ESR there must be names and birth dates, in the state file also what the broken rows hold."""
    out = "".join(path.read_text() for path in (day.folder / "out").iterdir())
    state = b"".join(path.read_bytes() for path in day.folder.glob("state*"))
    found = leaks({"out": out, "state": state.decode("utf-8", "replace")}, day.secrets)
    assert len([secret for where, secret in found if where == "out"]) > 100
    assert {("state", "leakington"), ("state", "77 whisper lane")} <= set(found)


@pytest.mark.parametrize(
    "said",
    [
        SURNAME,
        f"no post for {FORENAME.upper()}",
        f"column dob holds {BORN}",
        "column dob holds 19841231",
        "born 31/12/1984",
        "ERROR 31-DEC-1984",
        json.dumps({"event": "parked", "reason": f"{NINO} is too long"}),
        json.dumps(f"line\n{TOWN}"),
        f"PATCH /api/people?q={STREET.replace(' ', '%20')}",
        f"reason={POSTCODE}",
        TELEPHONE.replace(" ", ""),
        f"<{EMAIL}>",
        json.dumps("Spécimen"),
    ],
)
def test_the_search_finds_a_slip_in_whatever_form(day: Day, said: str) -> None:
    assert leaks({"log": said}, day.secrets)


async def test_a_name_in_a_reason_would_be_found_wherever_a_reason_goes(tmp_path: Path) -> None:
    async def careless(work: Work, messages: Sequence[Message]) -> None:
        raise PermanentError(f"{SURNAME} is too long a name")

    engine = EmbeddedEngine(tmp_path / "state", COLLECTIONS)
    observers = Observers()
    handler = Handler(f"esr.queue.{FORENAME}", "careless", careless)
    runner = Runner(engine, [handler], today=lambda: TODAY, observe=observers.metrics.observe)
    with everything_logged() as log:
        async with observers.traced():
            cause = Message(
                id=derived_id("row"),
                queue="",
                correlation_id="f:1",
                source_file="f",
                deanery="EMD",
                row=1,
                body=b"",
            )
            work = runner.work()
            work.emit("careless", {}, cause=cause)
            await work.commit()
            await runner.drain([handler.queue])
    said = await observers.said(runner)
    engine.close()
    said |= {"log": log.getvalue(), "reasons": stored_reasons(tmp_path / "state")}
    assert {where for where, _ in leaks(said, phrases("name", SURNAME))} == {"log", "metrics", "reasons"}
    assert ("spans", "gossipa") in leaks(said, phrases("name", FORENAME))
