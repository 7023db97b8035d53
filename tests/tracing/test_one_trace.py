"""Several real processes and a real collector: one trace leads from ESR's row to the file that answers it, on both engines."""

import asyncio
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults.processes import NEVER, PROGRAM, processes
from tests.journeys.program import Program, settings_of
from tests.journeys.small_world import NPN, TODAY, Small, por, small_world
from tests.tracing.collector import Collector, Received, collector

from tis_esr import wall_clock
from tis_esr.engine.envelope import Message
from tis_esr.operations.composition import engine_for_operation
from tis_esr.services.flow import bindings_only
from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World

SINCE = (wall_clock.today() - TODAY).days
READS, MATCHES = ("InboundDataReader",), ("Reconciliation", "AppGenerator", "NotificationGenerator")
WRITES = ("DataExporter", "InboundDataWriter")


QUIET = "esr.queue.tis.change"
"""Parks what it can't read without a line in the log."""
OF_RUN = {
    "esr.queue.file.arrived",
    "esr.queue.appfilegenerationcommand",
    "esr.queue.notificationfilegenerationcommand",
}
"""The queues that only ``tis-esr run`` serves."""
ROUTED = {handler.queue: handler.routing_key for handler in bindings_only() if handler.queue != QUIET}
UNREADABLE = Message(
    id="unreadable", queue="", correlation_id="f:7", source_file="f", deanery="EOE", row=7, body=b""
)


def one_to_come(world: World) -> None:
    world.placement(world.post("EOE", npn=NPN), world.person(), 30 + SINCE, 200 + SINCE)


@dataclass
class Day:
    """A row's file, what the collector has of it, and the folder of the processes."""

    engine: str
    file: str
    collector: Collector
    folder: Path

    @property
    def spans(self) -> list[Received]:
        return self.collector.of_trace(trace_of(f"{self.file}:1"))

    def above(self, span: Received) -> list[str]:
        """Return the names of the spans from the trace's first one to this one."""
        by_id = {each.id: each for each in self.spans}
        found = [span.name]
        while span.parent:
            span = by_id[span.parent]
            found.insert(0, span.name)
        return found

    def only(self, name: str) -> Received:
        """Return the span of that name: of attempts the one that succeeded, after the unreadable message was set apart."""
        named = [span for span in self.spans if span.name == name]
        [span] = [span for span in named if span.attributes.get("tis_esr.outcome", "done") == "done"]
        return span


def trace_of(correlation_id: str) -> str:
    return hashlib.blake2b(correlation_id.encode(), digest_size=16).hexdigest()


def on_production(small: Small, settings: dict[str, str]) -> None:
    """Three processes of ``run`` share the services; the file is there, and exports are requested."""
    with processes(settings, small.folder) as running:
        for services in (READS, MATCHES, WRITES):
            running.start(PROGRAM, *services)
        store = small.tcs.simulator.store
        running.wait_for("esr-changed", lambda: bool(store.post_events), 60)
        program = Program("production", small.folder, settings)
        assert program("export", "applicants", "--deanery", "EOE").code == 0
        running.wait_for("esr-exported", lambda: bool(store.placement_events), 60)
        asyncio.run(send_unreadable(settings, None))
        running.wait_for("parked", lambda: len(parked(logs(small.folder))) == len(ROUTED), 60)
        running.end()
        assert running.codes == [0, 0, 0]


def on_embedded(small: Small, settings: dict[str, str]) -> None:
    """One process reads the file, the next does the rest of the day."""
    state = ("--state", str(small.folder / "state"))
    (small.folder / "none").mkdir()
    [file] = (small.folder / "in").iterdir()
    day = ("--in", "none", "--out", "out", "--tcs", small.tcs.url, "--as-of", f"{wall_clock.today()}")
    for number, words in enumerate((("ingest", str(file), *state), ("day", *day, *state))):
        with (small.folder / f"process-{number}.log").open("w") as log:
            done = subprocess.run(
                [*PROGRAM, *words],
                env={**os.environ, **settings},
                cwd=small.folder,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        assert done.returncode == number, "the day has parked messages"
        if not number:
            asyncio.run(send_unreadable(settings, small.folder / "state"))


async def send_unreadable(settings: dict[str, str], state: Path | None) -> None:
    """Send every queue a message of another row that it cannot read."""
    given = {name.removeprefix("TIS_ESR_").lower(): value for name, value in settings.items()}
    async with engine_for_operation(Settings(**given), state) as runner:  # type: ignore[arg-type]
        work = runner.work()
        for key in dict.fromkeys(ROUTED.values()):
            work.emit(key, [], cause=UNREADABLE, begins=("read row", {}))  # type: ignore[arg-type]
        await work.commit()


def logs(folder: Path) -> list[str]:
    return [line for log in folder.glob("process-*.log") for line in log.read_text().splitlines()]


def parked(lines: list[str]) -> dict[str, str]:
    """Return the trace of the message that each queue has parked, by lines of the log in either form."""
    found = {}
    for line in lines:
        queue = re.search(r"""\bqueue(?:=|": ")([\w.]+)""", line)
        if queue and "parked" in line:
            trace = re.search(r"trace_id\W+(\w+)", line)
            found[queue[1]] = trace[1] if trace else ""
    return found


@pytest.fixture(scope="module", params=["embedded", "production"])
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    folder = tmp_path_factory.mktemp("traced")
    with small_world(folder, one_to_come) as small, collector() as there:
        file = small.file(por(), day_number=SINCE)
        (folder / "out").mkdir()
        settings = {
            **settings_of(request.param, folder),
            "TIS_ESR_TRACES": "true",
            "TIS_ESR_TRACES_SHARE": "1",
            "TIS_ESR_TRACES_ENDPOINT": there.url,
            "TIS_ESR_LOG_FORMAT": "json",
            "TIS_ESR_TCS_URL": small.tcs.url,
            "TIS_ESR_SWEEP_SECONDS": "0.3",
            "TIS_ESR_APPLICANTS_CRON": NEVER,
            "TIS_ESR_NOTIFICATIONS_CRON": NEVER,
        }
        {"embedded": on_embedded, "production": on_production}[request.param](small, settings)
        yield Day(request.param, file, there, folder)


def test_the_row_of_the_applicant_file_is_in_the_trace_of_the_row_that_it_answers(day: Day) -> None:
    [written] = [s for s in day.spans if s.name == "write row" and "_APP_" in s.attributes["file.name"]]
    assert day.above(written) == ["read row", "write row"]
    assert (day.folder / "out" / written.attributes["file.name"]).is_file()
    [file] = day.collector.of_trace(trace_of(f"{written.attributes['file.name']}:0"))[:1]
    assert file.name == "write file"
    assert (file.trace, file.id) in written.links


def test_every_hop_is_connected_up_to_the_row(day: Day) -> None:
    exported = day.only("POST /api/placements/{id}/esr-exported")
    assert day.above(exported) == [
        "read row",
        "create esr.queue.apprecord.exported.inbounddatawriter",
        "process esr.queue.apprecord.exported.inbounddatawriter",
        "POST /api/placements/{id}/esr-exported",
    ]
    assert day.above(day.only("process esr.queue.apprecord.generated")) == [
        "read row",
        "create esr.queue.por.split",
        "process esr.queue.por.split",
        "create esr.queue.por.saved",
        "process esr.queue.por.saved",
        "create esr.queue.position.reconciled.appgenerator",
        "process esr.queue.position.reconciled.appgenerator",
        "create esr.queue.apprecord.generated",
        "process esr.queue.apprecord.generated",
    ]


def test_the_trace_has_one_first_span_and_no_missing_one(day: Day) -> None:
    assert [span.name for span in day.spans if not span.parent] == ["read row"]
    ids = {span.id for span in day.spans}
    assert [span.name for span in day.spans if span.parent and span.parent not in ids] == []


def test_the_trace_goes_through_several_processes(day: Day) -> None:
    by_name = {span.name: span.process for span in day.spans}
    stations = {
        by_name[name]
        for name in (
            "read row",
            "process esr.queue.por.saved",
            "write row",
            "process esr.queue.apprecord.generated",
        )
    }
    assert len(stations) == {"embedded": 2, "production": 3}[day.engine]
    systems = {span.attributes.get("messaging.system") for span in day.spans} - {None}
    assert systems == {{"embedded": "sqlite", "production": "rabbitmq"}[day.engine]}


def test_units_of_work_and_calls_to_tcs_are_in_the_trace(day: Day) -> None:
    found = {tuple(day.above(span)[-2:]) for span in day.spans}
    assert ("process esr.queue.por.split", "commit") in found
    assert ("process esr.queue.por.saved", "GET /api/posts/in/{npns}") in found
    is_published = ("commit", "send esr.queue.por.saved") in found
    assert is_published == (day.engine == "production")


def test_nothing_of_the_person_is_in_any_span(day: Day) -> None:
    [person] = [json.loads(line) for line in (day.folder / "tcs/people.jsonl").read_text().splitlines()]
    contact = person["contactDetails"]
    said = json.dumps([[span.name, span.attributes, span.resource] for span in day.collector.spans])
    secret = [
        contact["surname"],
        contact["forenames"],
        contact["email"],
        person["personalDetails"]["dateOfBirth"][:10],
    ]
    assert all(secret)
    assert [word for word in secret if word.lower() in said.lower()] == []


def test_the_log_of_each_process_and_each_queue_has_the_ids_of_the_trace(day: Day) -> None:
    served = ROUTED.keys() - (OF_RUN if day.engine == "embedded" else set())
    assert parked(logs(day.folder)) == dict.fromkeys(served, trace_of("f:7"))


def test_the_log_has_the_ids_of_the_trace_of_a_file(day: Day) -> None:
    handled = [json.loads(line) for line in logs(day.folder) if '"file_handled"' in line]
    assert [line["trace_id"] for line in handled] == {
        "embedded": [],  # commands log warnings only
        "production": [trace_of(f"{day.file}:0")],
    }[day.engine]
