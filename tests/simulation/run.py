"""The two runs of a seed: in order and undisturbed, and as the weather has it."""

import asyncio
import random as jitter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import msgspec
from tests.simulation.chance import Chance
from tests.simulation.engine import SimEngine
from tests.simulation.esr import Esr
from tests.simulation.files import SimFiles
from tests.simulation.loop import START, SimLoop, StuckError
from tests.simulation.node import Node
from tests.simulation.operator import Operator
from tests.simulation.outcome import Outcome, outcome
from tests.simulation.store import SimStore
from tests.simulation.tcs import SimTcs
from tests.simulation.trouble import Trouble
from tests.simulation.weather import (
    APPLICANTS,
    NOTIFICATIONS,
    Arrival,
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
from tis_esr.services.arrivals import announce
from tis_esr.services.day import run_day
from tis_esr.services.export_commands import ask
from tis_esr.services.flow import Outside, handlers
from tis_esr.services.messages import GenerateFile

LONGEST = 3 * 3600.0
"""Seconds of virtual time after which a run counts as stuck."""
_QUIET_SECONDS = 75.0
_LOOK_SECONDS = 5.0
_AFTER_A_SWEEP = 30.1
_GRACE_SECONDS = 30


@dataclass
class Disturbed:
    """A disturbed run: its outcome, its loop with the trace, what happened, and how much was exported early."""

    outcome: Outcome
    loop: SimLoop
    chance: Chance
    early: int


def ordered(scenario: Scenario, data: Path) -> Outcome:
    """Take the files in their own order through ``run_day``, in one process that nothing disturbs."""
    loop, chance, store = SimLoop(), Chance(0), SimStore()
    tcs = SimTcs(data, loop, chance)
    inbound, out = SimFiles("in", loop, chance), SimFiles("out", loop, chance)

    async def days() -> None:
        async with client(tcs, loop) as tcs_client:
            found = handlers(Outside(tcs_client, inbound, out))
            engine = SimEngine(store, loop, chance)
            day = TODAY
            runner = Runner(engine, found, today=lambda: day, now=loop.now)
            for number, files in enumerate(scenario.acts):
                if number:
                    change_tis(scenario, tcs)
                inbound.files.update(files)
                day = TODAY + timedelta(days=number)
                await run_day(runner, inbound, out, day)
                await asyncio.sleep(60)

    with virtual_clocks(loop):
        loop.run(days())
    return outcome(store, tcs, out)


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
    end.inbound = dict(run.inbound.files)
    end.answered = chance.allows("confirmations")
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
        self.nodes = [
            Node(
                number, self.loop, self.tcs, self.inbound, self.out, self._engines(number, times), self.today
            )
            for number, times in enumerate(self.machines.slowness)
        ]
        calm = SimEngine(self.store, self.loop, chance)
        self.operator = Operator(seed, self.loop, chance, calm, self.inbound)
        self.esr = Esr(seed, self.store)
        nowhere = SimFiles("nowhere", self.loop, chance)
        bound = handlers(Outside(client(self.tcs, self.loop), nowhere, nowhere))
        self._hook = Runner(calm, bound, today=self.today, now=self.loop.now)

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
            await self._act(number, files, weather(self.seed, number, files, self.chance))

    async def _act(self, number: int, files: dict[str, bytes], sky: Weather) -> None:
        """Live through an act's weather, then through its last exports."""
        start = self.loop.time()
        self._set_in(sky)
        events = [self._arrive(arrival, files[arrival.file]) for arrival in sky.arrivals]
        events += [self._early(export) for export in sky.exports]
        events += [self._kill(blow, self._node(blow)) for blow in sky.kills]
        events += [self._freeze(blow, self._node(blow)) for blow in sky.freezes]
        events += [self._skew(blow, self._node(blow)) for blow in sky.skews]
        events += [self._stop(blow, self._node(blow)) for blow in sky.stops]
        events.append(self.operator.look_now_and_then(self.trouble.until))
        await asyncio.gather(*map(self.loop.outside, events))
        await asyncio.sleep(max(0.0, start + sky.trouble_until - self.loop.time()))
        for node in self.nodes:
            node.skew = timedelta(0)
        if await self._settled():
            self.loop.note(f"quiet; the last exports of act {number}")
            for command in (APPLICANTS, NOTIFICATIONS):
                if sky.last_by_hand:
                    self._note(f"hand:{number}", "the last exports are asked for by hand")
                await self._ask(command, f"the end of act {number}", by_hand=sky.last_by_hand)
                await self._settled()
            await self._confirm()
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
            if self.store.unfinished or self.tcs.under_way:
                continue
            await asyncio.sleep(_QUIET_SECONDS)
            if (mark, 0, 0) == (self.store.commits, self.store.unfinished, self.tcs.under_way):
                return True
        return False

    def _left(self) -> str:
        waiting = {queue: len(found) for queue, found in self.store.open.items() if found}
        return ", ".join(f"{number} in {queue}" for queue, number in waiting.items()) or "calls to TCS"

    async def _arrive(self, arrival: Arrival, content: bytes) -> None:
        if arrival.early is not None:
            await asyncio.sleep(arrival.early)
            self._note(
                arrival.name.replace("twice", "missing"), f"{arrival.file} is announced before it comes"
            )
            await self._announce(arrival.file, "early")
        await asyncio.sleep(arrival.at - (arrival.early or 0.0))
        self.inbound.files[arrival.file] = content
        self.loop.note(f"file {arrival.file} arrives{'' if arrival.told else ' untold'}")
        if arrival.told:
            await self._announce(arrival.file, "first")
        else:
            self.chance.note(arrival.name.replace("twice", "untold"), f"{arrival.file} arrives untold")
        if arrival.away:
            await asyncio.sleep(0.0 if arrival.told else _AFTER_A_SWEEP)
            self._note(
                arrival.name.replace("twice", "away"), f"{arrival.file} is missing for {arrival.away:.0f} s"
            )
            del self.inbound.files[arrival.file]
            await asyncio.sleep(arrival.away)
            self.inbound.files[arrival.file] = content
            if arrival.told:
                await self._announce(arrival.file, "back")
        if arrival.again is not None:
            await asyncio.sleep(arrival.again - arrival.at)
            self._note(arrival.name, f"file {arrival.file} is handed in again")
            self.inbound.files[arrival.file] = content
            await self._announce(arrival.file, "again")

    async def _confirm(self) -> None:
        """Have ESR answer the files that it has got."""
        if not self.chance.allows("confirmations"):
            return
        self.chance.note("confirmations", "ESR answers each file")
        await asyncio.gather(
            *(self.loop.outside(self._answer(*answer)) for answer in self.esr.answers(self.out.files))
        )

    async def _answer(self, after: float, name: str, content: bytes, twice: bool) -> None:
        await asyncio.sleep(after)
        self.inbound.files[name] = content
        await self._announce(name, "first")
        if twice:
            await asyncio.sleep(after)
            await self._announce(name, "again")

    async def _announce(self, file: str, arrival: str) -> None:
        work = self._hook.work()
        announce(work, [(file, arrival)])
        await work.commit()

    async def _early(self, export: EarlyExport) -> None:
        await asyncio.sleep(export.at)
        self._note(export.name, f"early {export.command}")
        await self._ask(export.command, export.name, by_hand=export.by_hand)
        self.early += 1
        await asyncio.sleep(5.0)
        await self._confirm()

    async def _ask(self, command: str, occasion: str, *, by_hand: bool) -> None:
        if by_hand:
            for deanery in sorted(self.scenario.deaneries):
                body = msgspec.json.encode(GenerateFile(deanery=deanery, day=self.today()))
                self.store.add_by_hand(f"esr.queue.{command}", body)
            return
        work: Work = self._hook.work()
        ask(work, command, self.today(), sorted(self.scenario.deaneries), occasion)
        await work.commit()

    async def _kill(self, blow: Blow, node: Node) -> None:
        await asyncio.sleep(blow.at)
        if node.process is None:
            return
        self._note(
            blow.name, f"{node.process.name} is killed at {blow.at:.3f} s, down for {blow.amount:.1f} s"
        )
        node.kill()
        await asyncio.sleep(blow.amount)
        node.start()

    async def _stop(self, blow: Blow, node: Node) -> None:
        await asyncio.sleep(blow.at)
        process = node.process
        if process is None:
            return
        self._note(blow.name, f"{process.name} is asked to stop at {blow.at:.3f} s")
        node.stop()
        for _ in range(_GRACE_SECONDS):
            await asyncio.sleep(1.0)
            if node.is_over or node.process is not process:
                break
        if node.process is process:
            self.loop.note(f"{process.name} {'has ended' if node.is_over else 'is killed'}")
            node.kill()
            await asyncio.sleep(blow.amount)
            node.start()

    async def _freeze(self, blow: Blow, node: Node) -> None:
        await asyncio.sleep(blow.at)
        if node.process is not None:
            self._note(blow.name, f"{node.process.name} freezes at {blow.at:.3f} s for {blow.amount:.1f} s")
            node.freeze(blow.amount)

    async def _skew(self, blow: Blow, node: Node) -> None:
        await asyncio.sleep(blow.at)
        self._note(
            blow.name,
            f"the clock of process {node.number} jumps by {blow.amount:.2f} hours at {blow.at:.3f} s",
        )
        node.skew = timedelta(hours=blow.amount)

    def _note(self, name: str, what: str) -> None:
        self.chance.note(name, what)
        self.loop.note(f"{name}: {what}")
