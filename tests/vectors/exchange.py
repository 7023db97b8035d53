"""All seven services between TIS and ESR: people work in TIS, ESR sends rows, and what ESR is sent is read as ESR reads it."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import msgspec
from tests.services.bench import Bench, Benches
from tests.services.reconciliation.test_position_reconciliation import row_of
from tests.services.tcs_on_bench import TODAY

from tis_esr.services.contracts.commands import (
    APPLICANT_COMMAND,
    DAILY_RULES_COMMAND,
    NOTIFICATION_COMMAND,
    RECONCILE_ALL_COMMAND,
    ask,
)
from tis_esr.services.tis_changes.tis_changes import announce_changes
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.esr.columns import misfits, values
from tis_esr.simulation.esr.frames import open_file
from tis_esr.simulation.esr.received_layouts import APP, NOT

Dto = dict[str, Any]
Row = Mapping[str, str]
NPN = "EOE/RGT00/021/FY1/013"


def day(number: int) -> str:
    """Return the day so many days from 24 November 2026, as it stands in a file for ESR."""
    return f"{TODAY + timedelta(days=number):%Y%m%d}"


def codes(rows: Iterable[Row]) -> list[str]:
    """Return the type codes of notifications, sorted."""
    return sorted(row["notificationTitleCode"] for row in rows)


def only(rows: Iterable[Row], code: str) -> Row:
    """Return the one notification of a type."""
    [row] = [row for row in rows if row["notificationTitleCode"] == code]
    return row


def pairs(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """Return who is now and who is next by the notifications of type 1: GMC numbers, sorted; "" is nobody."""
    return sorted((row["currentGmc"], row["nextGmc"]) for row in rows if row["notificationTitleCode"] == "1")


def gmc(person: Dto) -> str:
    """Return a person's GMC number."""
    number: str = person["gmcDetails"]["gmcNumber"]
    return number


@dataclass
class Exchange:
    """TIS, the services, and the files for ESR. Days count from the first one.

    What somebody enters in TIS is reported by a change record, and handled before the call returns. ``parked`` has the
    reasons that messages are expected to be parked for at the end.
    """

    bench: Bench
    world: World
    parked: list[str] = field(default_factory=list)
    _deaneries: set[str] = field(default_factory=set)
    _read: set[str] = field(default_factory=set)
    _entries: int = 0

    async def reconcile(
        self, post: Dto | str, position: int = 1, deanery: str = "EOE", **columns: Any
    ) -> None:
        """Have ESR send the POR and POS rows of a position for a post, or for a post number."""
        npn = post if isinstance(post, str) else post["nationalPostNumber"]
        about = {
            "position": position,
            "number": position + 1000,
            "npn": npn,
            "deanery": deanery,
            "day": (self.bench.today[0] - TODAY).days,
            "sequence": self._next_entry(),
            **columns,
        }
        lead = {
            "hostLeadIndicator": "Lead Employer",
            "employingOrgVPDCode": "96",
            "esrLocation": "A Hospital",
        }
        self._deaneries.add(deanery)
        await self.bench.send(
            row_of("por", row=2, **{**lead, **about}),
            row_of("pos", row=3, occupationCode="800", **about),
        )
        await self.bench.finish()

    async def open_post(self, npn: str = NPN) -> Dto:
        """Create a post in TIS."""
        post = self.world.post(npn.partition("/")[0], npn=npn)
        self.bench.tcs.store.put_post(post)
        await self._report("Post", "insert", post["id"], nationalPostNumber=npn)
        return post

    async def open_position(self, npn: str = NPN, position: int = 1, **columns: Any) -> Dto:
        """Create a post in TIS, and have ESR send a position for it; return the post."""
        post = await self.open_post(npn)
        await self.reconcile(post, position, **columns)
        return post

    def person(self, **changes: Any) -> Dto:
        """Add a person to TIS; ``changes`` are of their details."""
        person = self.world.person(**changes)
        self.bench.tcs.store.people[person["id"]] = person
        return person

    async def place(self, post: Dto, person: Dto, start: int, end: int, **changes: Any) -> Dto:
        """Create a placement in TIS, approved and full time at site RX101 unless ``changes`` say otherwise."""
        placement = self.world.placement(post, person, start, end, **changes)
        assert await self.enter("POST", "placements", placement) == 201
        await self._report_placement("insert", placement)
        return placement

    async def change(
        self, placement: Dto, start: int | None = None, end: int | None = None, **changes: Any
    ) -> None:
        """Change a placement in TIS: its first day, its last day, other fields."""
        for name, number in (("dateFrom", start), ("dateTo", end)):
            if number is not None:
                changes[name] = self.world.day(number)
        placement.update(changes)
        assert await self.enter("PUT", "placements", placement) == 200
        await self._report_placement("update", placement)

    async def delete(self, placement: Dto) -> None:
        """Delete a placement in TIS."""
        assert await self.enter("DELETE", f"placements/{placement['id']}") == 200
        await self._report_placement("delete", placement)

    async def enter(self, method: str, path: str, body: Dto | None = None) -> int:
        """Call TCS as TIS's own pages do, without a change record; return the status."""
        content = None if body is None else msgspec.json.encode(body)
        reply = await self.bench.tcs.send(method, f"http://tcs.example/tcs/api/{path}", content, {})
        return reply.status

    async def begin(self, number: int) -> None:
        """Begin a day: every position is compared with TIS, and the daily rules are applied."""
        self.bench.today[0] = self.world.today + timedelta(days=number)
        await self._command(RECONCILE_ALL_COMMAND)
        await self._command(DAILY_RULES_COMMAND)

    async def notifications(self) -> list[Row]:
        """Export applicants, then notifications; return the notifications that ESR is sent."""
        await self.applicants()
        await self._command(NOTIFICATION_COMMAND)
        return self._new_rows("DNC", NOT)

    async def applicants(self) -> list[Row]:
        """Export applicants; return those that ESR is sent."""
        await self._command(APPLICANT_COMMAND)
        return self._new_rows("APP", APP)

    async def _command(self, command: str) -> None:
        work = self.bench.runner.work()
        ask(work, command, work.today, sorted(self._deaneries), str(self._next_entry()))
        await work.commit()
        await self.bench.finish()

    async def _report_placement(self, operation: str, placement: Dto) -> None:
        about = {"postId": str(placement["postId"]), "traineeId": str(placement["traineeId"])}
        await self._report("Placement", operation, placement["id"], **about)

    async def _report(self, table: str, operation: str, id_: int, **data: str) -> None:
        metadata = {
            "timestamp": f"{self.bench.today[0]}T09:00:00.{self._next_entry():06d}Z",
            "record-type": "data",
            "operation": operation,
            "schema-name": "tcs",
            "table-name": table,
        }
        work = self.bench.runner.work()
        announce_changes(work, [{"data": {"id": str(id_), **data}, "metadata": metadata}])
        await work.commit()
        await self.bench.finish()

    def _next_entry(self) -> int:
        self._entries += 1
        return self._entries

    def _new_rows(self, file_type: str, layout: Any) -> list[Row]:
        found: list[Row] = []
        for path in sorted(self.bench.out.glob(f"DE_*_{file_type}_*.DAT")):
            if path.name in self._read:
                continue
            self._read.add(path.name)
            frame = open_file(path.name, path.read_bytes())
            assert not frame.faults, (path.name, frame.faults)
            assert [misfit for row in frame.rows for misfit in misfits(layout, row)] == []
            found += [values(layout, row) for row in frame.rows]
        return found


@dataclass
class Exchanges:
    """Makes exchanges on one kind of engine."""

    benches: Benches

    @asynccontextmanager
    async def open(self, first: date = TODAY) -> AsyncIterator[Exchange]:
        """Begin an exchange with an empty TIS on a day."""
        world = World(first, Random(1))
        async with self.benches.open(None, world) as bench:
            bench.today[0] = first
            exchange = Exchange(bench, world)
            yield exchange
            assert await bench.parked() == exchange.parked
