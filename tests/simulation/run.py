"""The two runs of a seed: in order and undisturbed, and as the weather has it."""

import asyncio
import random as jitter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import msgspec
from tests.simulation.blows import Blows
from tests.simulation.chance import Chance
from tests.simulation.deliveries import Deliveries
from tests.simulation.engine import SimEngine
from tests.simulation.esr import Esr
from tests.simulation.files import SimFiles
from tests.simulation.loop import START, SimLoop, StuckError
from tests.simulation.node import Node
from tests.simulation.operator import Operator
from tests.simulation.outcome import Outcome, outcome
from tests.simulation.store import SimStore
from tests.simulation.tcs import SimTcs
from tests.simulation.tis_feed import TisFeed
from tests.simulation.trouble import Trouble
from tests.simulation.weather import (
    APPLICANTS,
    NOTIFICATIONS,
    Blow,
    EarlyExport,
    Weather,
    machines,
    weather,
)
from tests.simulation.wiring import client, virtual_clocks
from tests.simulation.world import TODAY, Scenario

from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import GenerateFile
from tis_esr.services.contracts.commands import DAILY_RULES_COMMAND, RECONCILE_ALL_COMMAND, ask
from tis_esr.services.day import run_day
from tis_esr.services.flow import Dependencies, handlers
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState

LONGEST = 6 * 3600.0
"""Seconds of virtual time after which a run counts as stuck."""
_QUIET_SECONDS = 75.0
_LOOK_SECONDS = 5.0


@dataclass
class Disturbed:
    """A disturbed run: its outcome, its loop with the trace, what happened, and how much was exported early."""

    outcome: Outcome
    loop: SimLoop
    chance: Chance
    early: int


def ordered(scenario: Scenario, data: Path) -> Outcome:
    """Take the files in their own order through ``run_day``, in one process that nothing disturbs.

    ESR's answers come with the next act's files.
    """
    loop, chance, store = SimLoop(), Chance(0), SimStore()
    tcs = SimTcs(data, loop, chance)
    inbound, out = SimFiles("in", loop, chance), SimFiles("out", loop, chance)

    async def days() -> None:
        async with client(tcs, loop) as tcs_client:
            found = handlers(Dependencies(tcs_client, inbound, out))
            engine, esr = SimEngine(store, loop, chance), Esr(0, store)
            day = TODAY
            runner = Runner(engine, found, today=lambda: day, now=loop.now)
            for number, files in enumerate(scenario.acts):
                if number:
                    change_tis(scenario, tcs)
                inbound.files.update(files)
                day = TODAY + timedelta(days=number)
                await run_day(runner, inbound, out, day)
                inbound.files.update({name: content for _, name, content, _ in esr.answers(out.files)})
                await asyncio.sleep(60)

    with virtual_clocks(loop):
        loop.run(days())
    end = outcome(store, tcs, out)
    end.last_day = TODAY + timedelta(days=len(scenario.acts) - 1)
    return end


def change_tis(scenario: Scenario, tcs: SimTcs) -> None:
    """Do what people do in TIS between the acts."""
    held = tcs.simulator.store
    for change in scenario.changes:
        if change.values is None:
            held.remove_placement(change.placement_id)
        else:
            held.put_placement({**held.placements.get(change.placement_id, {}), **change.values})
    for post in scenario.new_posts:
        held.put_post(post)


def disturbed(seed: int, scenario: Scenario, data: Path, off: frozenset[str] = frozenset()) -> Disturbed:
    """Let processes serve while files arrive and everything goes wrong, until all is quiet."""
    chance = Chance(seed, off)
    run = _Run(seed, scenario, data, chance)
    jitter.seed(seed)
    with virtual_clocks(run.loop):
        try:
            run.loop.run(run.main())
        except StuckError as error:
            run.stuck = str(error)
    end = outcome(run.store, run.tcs, run.out)
    end.ended = [text for node in run.nodes for text in node.ended] + run.loop.faults
    end.stuck = run.stuck
    end.last_day = run.today()
    end.inbound = dict(run.inbound.files)
    end.answered = chance.allows("confirmations")
    end.acknowledged = run.acknowledges
    return Disturbed(end, run.loop, chance, run.early)


class _Run:
    """A disturbed run under way."""

    def __init__(self, seed: int, scenario: Scenario, data: Path, chance: Chance) -> None:
        self.seed, self.scenario, self.chance = seed, scenario, chance
        self.stuck = ""
        self.act = self.early = 0
        self.loop = SimLoop(Random(f"{seed} order") if chance.allows("order") else None)
        self.store = SimStore()
        self.trouble = Trouble()
        self.tcs = SimTcs(data, self.loop, chance, Random(f"{seed} tcs"), self.trouble)
        self.inbound = SimFiles("in", self.loop, chance, self.trouble)
        self.out = SimFiles("out", self.loop, chance, self.trouble)
        self.machines = machines(seed, chance)
        self.full = seed % 4 == 1 and chance.allows("full")
        self.acknowledges = seed % 3 == 2 and chance.allows("rtc")
        self.nodes = [
            Node(
                number, self.loop, self.tcs, self.inbound, self.out, self._engines(number, times), self.today,
                acknowledges=self.acknowledges,
            )
            for number, times in enumerate(self.machines.slowness)
        ]  # fmt: skip
        calm = SimEngine(self.store, self.loop, chance)
        self.operator = Operator(seed, self.loop, chance, calm, self.inbound)
        nowhere = SimFiles("nowhere", self.loop, chance)
        bound = handlers(Dependencies(client(self.tcs, self.loop), nowhere, nowhere))
        self._hook = Runner(calm, bound, today=self.today, now=self.loop.now)
        self.feed = TisFeed(seed, self.loop, chance, self._hook)
        self.deliveries = Deliveries(seed, self.loop, chance, self.store, self.inbound, self.out, self._hook)

    def _engines(self, number: int, slowness: float) -> Callable[[frozenset[str]], SimEngine]:
        """Return what makes the engine of each life of a process."""
        random = Random(f"{self.seed} engine {number}")

        def make(alone: frozenset[str]) -> SimEngine:
            return SimEngine(
                self.store,
                self.loop,
                self.chance,
                random,
                alone=alone,
                trouble=self.trouble,
                slowness=slowness,
                disorder=self.machines.disorder,
            )

        return make

    def today(self) -> date:
        """Return today: it is the next day after every export, since there is one of a type and day."""
        return TODAY + timedelta(days=self.act + self.early)

    async def main(self) -> None:
        """Live through the acts, each until all is quiet."""
        self._note_lasting()
        for node in self.nodes:
            node.start()
        for number, files in enumerate(self.scenario.acts):
            if number:
                self.loop.note("placements change in TIS")
                change_tis(self.scenario, self.tcs)
            self.act = number
            reports = self.feed.reports(self.scenario) if number else []
            await self._act(number, files, weather(self.seed, number, files, self.chance), reports)

    async def _act(
        self, number: int, files: dict[str, bytes], sky: Weather, reports: Iterable[Awaitable[None]]
    ) -> None:
        """Live through an act's weather, then through its last exports."""
        start = self.loop.time()
        self._set_in(sky)
        blows = Blows(self.loop, self.chance)
        events = [self.deliveries.arrive(arrival, files[arrival.file]) for arrival in sky.arrivals]
        events += [self._early(export) for export in sky.exports]
        events += [blows.kill(blow, self._node(blow)) for blow in sky.kills]
        events += [blows.freeze(blow, self._node(blow)) for blow in sky.freezes]
        events += [blows.skew(blow, self._node(blow)) for blow in sky.skews]
        events += [blows.stop(blow, self._node(blow)) for blow in sky.stops]
        events += reports
        events.append(self.operator.look_now_and_then(self.trouble.until))
        await asyncio.gather(*map(self.loop.outside, events))
        await asyncio.sleep(max(0.0, start + sky.trouble_until - self.loop.time()))
        for node in self.nodes:
            node.skew = timedelta(0)
        if await self._settled():
            for command in (RECONCILE_ALL_COMMAND, DAILY_RULES_COMMAND):
                await self._ask(command, f"the night of act {number}", by_hand=False)
                await self._settled()
            self.loop.note(f"quiet; the last exports of act {number}")
            for command in (APPLICANTS, NOTIFICATIONS):
                if sky.last_by_hand:
                    self._note(f"hand:{number}", "the last exports are asked for by hand")
                await self._ask(command, f"the end of act {number}", by_hand=sky.last_by_hand)
                await self._settled()
            await self.deliveries.confirm()
            await self._settled()

    def _set_in(self, sky: Weather) -> None:
        now = self.loop.time()
        self.tcs.usual_seconds = sky.tcs_seconds
        self.trouble.store_rate, self.trouble.files_rate = sky.store_rate, sky.files_rate
        self.trouble.tcs_rate, self.trouble.tcs_slow_rate = sky.tcs_rate, sky.tcs_slow_rate
        self.trouble.outages = tuple(replace(o, start=now + o.start, end=now + o.end) for o in sky.outages)
        self.trouble.refusals = tuple(
            replace(r, start=now + r.start, end=now + r.end)
            for r in sky.refusals
            if self.chance.allows(r.name)
        )
        self.trouble.until = now + sky.trouble_until
        for arrival in sky.arrivals:
            name = arrival.name.replace("twice", "apart")
            self.chance.note(name, f"{arrival.file} comes at {arrival.at:.3f} s")

    def _note_lasting(self) -> None:
        """Note what goes on all the time."""
        for name, what in (
            ("order", "what is ready runs in any order"),
            ("disorder", "messages come in any order"),
        ):
            if self.chance.allows(name):
                self.chance.note(name, what)
        if self.acknowledges:
            self.chance.note("rtc", "each RMF and RMC is acknowledged")
        for number, times in enumerate(self.machines.slowness):
            if times > 1:
                self._note(f"slow:{number}", f"process {number} is {times:g} times slower")
            if number:
                self.chance.note(f"process:{number}", "one more process")

    def _node(self, blow: Blow) -> Node:
        return self.nodes[blow.process % len(self.nodes)]

    async def _settled(self) -> bool:
        """Wait until all is quiet and the operator has nothing left to deal with; say whether that came."""
        while await self._quiet():
            if not await self.operator.settle():
                return True
        return False

    async def _quiet(self) -> bool:
        """Wait until nothing is left to do, and nothing comes of waiting; say whether that came."""
        while not self.stuck:
            mark = self.store.commits
            await asyncio.sleep(_LOOK_SECONDS)
            if self.loop.time() - START > LONGEST:
                self.stuck = f"after {LONGEST / 3600:g} hours there was still work: {self._left()}"
            if self.store.unfinished or self.tcs.under_way or self._unread():
                continue
            await asyncio.sleep(_QUIET_SECONDS)
            if (mark, 0, 0) == (self.store.commits, self.store.unfinished, self.tcs.under_way):
                return True
        return False

    def _left(self) -> str:
        waiting = {queue: len(found) for queue, found in self.store.open.items() if found}
        found = [f"{number} in {queue}" for queue, number in waiting.items()]
        return ", ".join([*found, *(f"{name} is not read" for name in self._unread())]) or "calls to TCS"

    def _unread(self) -> list[str]:
        """Return the files that are there, and that the ledger doesn't have or only holds."""
        taken = {file.name for file in self.store.everything(FILES) if file.state is not FileState.HELD}
        return [name for name in self.inbound.files if name not in taken]

    async def _early(self, export: EarlyExport) -> None:
        await asyncio.sleep(export.at)
        self._note(export.name, f"early {export.command}")
        await self._ask(export.command, export.name, by_hand=export.by_hand)
        if self.full:
            self._note("full", "full files are asked for too")
            work = self._hook.work()
            deaneries = sorted(self.scenario.deaneries)
            ask(work, NOTIFICATIONS, self.today(), deaneries, f"full {export.name}", full=True, again=True)
            await work.commit()
        self.early += 1
        await asyncio.sleep(5.0)
        await self.deliveries.confirm()

    async def _ask(self, command: str, occasion: str, *, by_hand: bool) -> None:
        if by_hand:
            for deanery in sorted(self.scenario.deaneries):
                body = msgspec.json.encode(GenerateFile(deanery=deanery, day=self.today()))
                self.store.add_by_hand(f"esr.queue.{command}", body)
            return
        work: Work = self._hook.work()
        ask(work, command, self.today(), sorted(self.scenario.deaneries), occasion)
        await work.commit()

    def _note(self, name: str, what: str) -> None:
        self.chance.note(name, what)
        self.loop.note(f"{name}: {what}")
