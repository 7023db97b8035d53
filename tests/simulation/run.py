"""The two runs of a seed: in order and undisturbed, and as the weather has it."""

import asyncio
import random as jitter
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.simulation.chance import Chance
from tests.simulation.engine import SimEngine
from tests.simulation.files import SimFiles
from tests.simulation.loop import START, SimLoop, StuckError
from tests.simulation.node import Node, engine_maker
from tests.simulation.outcome import Outcome, outcome
from tests.simulation.store import SimStore
from tests.simulation.tcs import SimTcs
from tests.simulation.weather import APPLICANTS, NOTIFICATIONS, Arrival, Blow, Weather, weather
from tests.simulation.wiring import client, virtual_clocks
from tests.simulation.world import TODAY, Scenario

from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.services.arrivals import announce
from tis_esr.services.day import run_day
from tis_esr.services.export_commands import ask
from tis_esr.services.flow import AFTER_EXPORT, Outside, handlers

LONGEST = 3 * 3600.0
"""Seconds of virtual time after which a run counts as stuck."""
_QUIET_SECONDS = 75.0
_LOOK_SECONDS = 5.0


@dataclass
class Disturbed:
    """A disturbed run: its outcome, its loop with the trace, and what happened in it."""

    outcome: Outcome
    loop: SimLoop
    chance: Chance
    weather: Weather


def ordered(scenario: Scenario, data: Path) -> Outcome:
    """Take the files in their own order through ``run_day``, in one process that nothing disturbs."""
    loop, chance, store = SimLoop(), Chance(0), SimStore()
    tcs = SimTcs(data, loop, chance)
    inbound, out = SimFiles("in", loop, chance), SimFiles("out", loop, chance)
    inbound.files.update(scenario.files)

    async def day() -> None:
        async with client(tcs, loop) as tcs_client:
            found = handlers(Outside(tcs_client, inbound, out))
            engine = SimEngine(store, loop, chance)
            runner = Runner(engine, found, today=lambda: TODAY, now=loop.now)
            await run_day(runner, inbound, out, TODAY)
            await runner.drain(handler.queue for handler in found if handler.queue not in AFTER_EXPORT)

    with virtual_clocks(loop):
        loop.run(day())
    return outcome(store, tcs, out)


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
    return Disturbed(end, run.loop, chance, run.weather)


class _Run:
    """A disturbed run under way."""

    def __init__(self, seed: int, scenario: Scenario, data: Path, chance: Chance) -> None:
        self.scenario, self.chance = scenario, chance
        self.weather = sky = weather(seed, scenario, chance)
        self.stuck = ""
        self.loop = SimLoop(Random(f"{seed} order") if chance.allows("order") else None)
        until = START + sky.trouble_until
        self.store = SimStore()
        self.tcs = SimTcs(
            data,
            self.loop,
            chance,
            Random(f"{seed} tcs"),
            rate=sky.tcs_rate,
            slow_rate=sky.tcs_slow_rate,
            trouble_until=until,
            outages=sky.outages,
            usual_seconds=sky.tcs_seconds,
        )
        self.inbound = SimFiles("in", self.loop, chance, rate=sky.files_rate, trouble_until=until)
        self.out = SimFiles("out", self.loop, chance, rate=sky.files_rate, trouble_until=until)
        self.nodes = [
            Node(
                number,
                self.loop,
                self.tcs,
                self.inbound,
                self.out,
                engine_maker(
                    self.store,
                    self.loop,
                    chance,
                    Random(f"{seed} engine {number}"),
                    rate=sky.store_rate,
                    trouble_until=until,
                    slowness=sky.slowness[number],
                    disorder=sky.disorder,
                ),
            )
            for number in range(sky.processes)
        ]
        nowhere = SimFiles("nowhere", self.loop, chance)
        bound = handlers(Outside(client(self.tcs, self.loop), nowhere, nowhere))
        self._hook = Runner(
            SimEngine(self.store, self.loop, chance), bound, today=lambda: TODAY, now=self.loop.now
        )

    async def main(self) -> None:
        """Live through the weather, then through the last exports, until all is quiet."""
        self._note_lasting()
        for node in self.nodes:
            node.start()
        events = [self._arrive(arrival) for arrival in self.weather.arrivals]
        events += [
            self._early(export.at, export.name, export.command, day)
            for day, export in enumerate(self.weather.exports)
        ]
        events += [
            self._kill(blow.name, blow.at, self._node(blow), blow.amount) for blow in self.weather.kills
        ]
        events += [self._freeze(b.name, b.at, self._node(b), b.amount) for b in self.weather.freezes]
        events += [self._skew(b.name, b.at, self._node(b), b.amount) for b in self.weather.skews]
        await asyncio.gather(*map(self.loop.outside, events))
        await asyncio.sleep(max(0.0, START + self.weather.trouble_until - self.loop.time()))
        for node in self.nodes:
            node.skew = timedelta(0)
        if await self._quiet():
            self.loop.note("quiet; the last exports")
            day = TODAY + timedelta(days=len(self.weather.exports))
            for command in (APPLICANTS, NOTIFICATIONS):
                await self._ask(command, day, "the end")
                await self._quiet()

    def _note_lasting(self) -> None:
        """Note what goes on all the time."""
        for name, what in (
            ("order", "what is ready runs in any order"),
            ("disorder", "messages come in any order"),
        ):
            if self.chance.allows(name):
                self.chance.note(name, what)
        for number, times in enumerate(self.weather.slowness[: len(self.nodes)]):
            if times > 1:
                self._note(f"slow:{number}", f"process {number} is {times:g} times slower")
        for number in range(1, len(self.nodes)):
            self.chance.note(f"process:{number}", "one more process")
        for arrival in self.weather.arrivals:
            self.chance.note(
                arrival.name.replace("twice", "apart"), f"{arrival.file} comes at {arrival.at:.3f} s"
            )

    def _node(self, blow: Blow) -> Node:
        return self.nodes[blow.process % len(self.nodes)]

    async def _quiet(self) -> bool:
        """Wait until nothing is left to do, and nothing comes of waiting; say whether that came."""
        while not self.stuck:
            mark = self.store.commits
            await asyncio.sleep(_LOOK_SECONDS)
            if self.loop.time() - START > LONGEST:
                self.stuck = f"after {LONGEST / 3600:g} hours there was still work: {self._left()}"
            if self.store.unfinished or self.tcs.under_way:
                continue
            await asyncio.sleep(_QUIET_SECONDS)
            if (mark, 0, 0) == (self.store.commits, self.store.unfinished, self.tcs.under_way):
                return True
        return False

    def _left(self) -> str:
        waiting = Counter({queue: len(found) for queue, found in self.store.open.items() if found})
        return ", ".join(f"{number} in {queue}" for queue, number in waiting.items()) or "calls to TCS"

    async def _arrive(self, arrival: Arrival) -> None:
        await asyncio.sleep(arrival.at)
        self.inbound.files[arrival.file] = self.scenario.files[arrival.file]
        self.loop.note(f"file {arrival.file} arrives{'' if arrival.told else ' untold'}")
        if arrival.told:
            await self._announce(arrival.file, "first")
        else:
            self.chance.note(arrival.name.replace("twice", "untold"), f"{arrival.file} arrives untold")
        if arrival.again is not None:
            await asyncio.sleep(arrival.again - arrival.at)
            self._note(arrival.name, f"file {arrival.file} is announced again")
            await self._announce(arrival.file, "again")

    async def _announce(self, file: str, arrival: str) -> None:
        work = self._hook.work()
        announce(work, [(file, arrival)])
        await work.commit()

    async def _early(self, at: float, name: str, command: str, day: int) -> None:
        await asyncio.sleep(at)
        self._note(name, f"early {command}")
        await self._ask(command, TODAY + timedelta(days=day), name)

    async def _ask(self, command: str, day: date, occasion: str) -> None:
        work: Work = self._hook.work()
        ask(work, command, day, sorted(self.scenario.deaneries), occasion)
        await work.commit()

    async def _kill(self, name: str, at: float, node: Node, down: float) -> None:
        await asyncio.sleep(at)
        if node.process is None:
            return
        self._note(name, f"{node.process.name} is killed at {at:.3f} s, down for {down:.1f} s")
        node.kill()
        await asyncio.sleep(down)
        node.start()

    async def _freeze(self, name: str, at: float, node: Node, seconds: float) -> None:
        await asyncio.sleep(at)
        if node.process is not None:
            self._note(name, f"{node.process.name} freezes at {at:.3f} s for {seconds:.1f} s")
            node.freeze(seconds)

    async def _skew(self, name: str, at: float, node: Node, hours: float) -> None:
        await asyncio.sleep(at)
        self._note(name, f"the clock of process {node.number} jumps by {hours:.2f} hours at {at:.3f} s")
        node.skew = timedelta(hours=hours)

    def _note(self, name: str, what: str) -> None:
        self.chance.note(name, what)
        self.loop.note(f"{name}: {what}")
