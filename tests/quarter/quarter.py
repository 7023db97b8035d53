"""One simulated quarter: each day TIS and ESR change, the day's work is run by the program, ESR takes the files, and both views are compared."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from tests.journeys.program import Program, program
from tests.quarter.changes_in_esr import ChangesInEsr
from tests.quarter.changes_in_tis import Change, ChangesInTis
from tests.quarter.chronicle import Chronicle, copy
from tests.quarter.differences import Difference, differences
from tests.quarter.disturbances import Disturbances
from tests.quarter.explanations import AT_THE_END, explanation
from tests.quarter.initial_world import initial_world
from tests.quarter.resending_acts import Operator
from tests.quarter.truth import ONE_DAY, post_of

from tis_esr.operations.composition import engine_for_operation
from tis_esr.services.tis_changes.tis_changes import announce_changes
from tis_esr.settings import Settings
from tis_esr.simulation.esr.behaviour import Behaviour
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.esr_state import Position
from tis_esr.simulation.tcs.server import Running, running_simulator
from tis_esr.simulation.tcs.switches import Switches

FIRST = date(2026, 9, 7)
_DONE = (0, 1)
_REPORTED = 0.3
_INTAKE = 45
_LOADED_AFTER = 2
_ASKED_AGAIN = timedelta(days=4)
"""How long after an answer was lost ESR sends it again, at a person's request."""


@dataclass(frozen=True)
class Size:
    """How large a quarter is: its days, of which the last are quiet, posts, and changes a day at most.

    ``off`` are the names of disturbances and changes that are left out.
    """

    days: int
    posts: int = 60
    changes: int = 5
    quiet: int = 10
    off: frozenset[str] = frozenset()


@dataclass
class Report:
    """What a quarter ended in: the unexplained differences, and how many differences each rule explained."""

    unexplained: list[Difference] = field(default_factory=list)
    explained: Counter[str] = field(default_factory=Counter)
    stories: list[str] = field(default_factory=list)
    runs: int = 0
    days: int = 0
    records: Counter[str] = field(default_factory=Counter)


class Quarter:
    """The simulated quarter of a seed."""

    def __init__(self, seed: int, size: Size, run: Program, tcs: Running, esr: Esr, folder: Path) -> None:
        self._size, self._run, self._tcs, self._esr, self._folder = size, run, tcs, esr, folder
        self._tis = tcs.simulator.store
        self._random = Random(f"{seed} quarter")
        self._calm = FIRST + timedelta(days=size.days - size.quiet)
        self._wrong = Disturbances(seed, FIRST, self._calm, size.off)
        waiting = [p.post for p in esr.holdings.positions.values() if post_of(self._tis, p.post) is None]
        self._in_tis = ChangesInTis(self._tis, Random(f"{seed} TIS"), waiting, size.off)
        self._in_esr = ChangesInEsr(esr.holdings, self._tis, Random(f"{seed} ESR"), size.off)
        self._late: dict[date, dict[str, bytes]] = {}
        self._said: dict[str, dict[int, Position]] = {}
        self._untaken: set[str] = set()
        self.chronicle = Chronicle(esr.holdings)
        self._operator = Operator(run, self.chronicle, folder, tcs.url)
        self._held: dict[str, tuple[date, list[str]]] = {}
        intake = random_day(Random(f"{seed} intake"), size.days - size.quiet)
        self._intake = None if "intake" in size.off else intake
        self.report = Report()

    def days(self) -> Report:
        """Run all days; return the report."""
        for number in range(self._size.days):
            self.day(FIRST + timedelta(days=number))
        self.report.stories = self.chronicle.stories
        return self.report

    def day(self, today: date) -> None:
        """Run one day: changes, ESR's files, the program, changes after its files, ESR takes them, the comparison."""
        self.report.days += 1
        wrong = self._wrong.of(today)
        if today >= self._calm:
            self._calm_down(today)
        else:
            self._change(today, "before the run")
        self._morning(today)
        if wrong.runs:
            self._work(today)
        else:
            self._story(today, "not run")
        if today < self._calm:
            self._change(today, "after the run")
        self._evening(today)
        self._compare(today)

    def _change(self, today: date, when: str) -> None:
        number = self._random.randint(0, self._size.changes)
        changes = list(self._in_tis.some(today, number))
        self._report_to_feed(today, changes)
        stories = [change.story for change in changes]
        if when == "before the run":
            if self._intake == (today - FIRST).days:
                stories += [change.story for change in self._in_tis.create_many(today, _INTAKE)]
            stories += self._in_esr.some(today, self._random.randint(0, 2))
        for story in stories:
            self._story(today, f"{when}: {story}")

    def _calm_down(self, today: date) -> None:
        """On the first quiet day everything half done is ended."""
        if today == self._calm:
            self._esr.behaviour = replace(self._esr.behaviour, rejected=0.0)
            for story in [
                *(change.story for change in self._in_tis.settle(today)),
                *self._in_esr.settle(today),
            ]:
                self._story(today, f"settled: {story}")

    def _report_to_feed(self, today: date, changes: Iterable[Change]) -> None:
        """Report some changes to the feed, some of them twice."""
        records = [change.record(today) for change in changes if self._random.random() < _REPORTED]
        records += [record for record in records if self._random.random() < 0.2]
        records += [{"data": {}, "metadata": {"table-name": "Post"}}] if self._random.random() < 0.05 else []
        if records:
            asyncio.run(_announce(self._settings(), today, records))

    def _morning(self, today: date) -> None:
        """Bring in what ESR sends: full files on the first day, then its changes and answers."""
        wrong, holdings = self._wrong.of(today), self._esr.holdings
        if wrong.no_file:
            self._story(today, "no file of positions")
            for position in holdings.positions.values():
                position.touched = today + ONE_DAY if position.touched == today else position.touched
            files: dict[str, bytes] = {}
        elif today == FIRST:
            files = dict(self._esr.full(deanery, today) for deanery in sorted(holdings.sequences))
            self._said |= {name: self._of_file(name) for name in files}
        else:
            files = self._esr.changes(today)
            self._said |= {name: self._of_file(name, today) for name in files}
        if wrong.late:
            self._story(today, f"files of positions {sorted(files)} come {wrong.late} days late")
            self._late.setdefault(today + timedelta(days=wrong.late), {}).update(files)
            files = {}
        files |= self._late.pop(today, {})
        for day in [day for day in self._late if today >= self._calm or day < today]:
            files |= self._late.pop(day)
        self._untaken |= files.keys() & self._said.keys()
        if wrong.twice:
            self._late.setdefault(today + ONE_DAY, {}).update(files)
        answers = self._esr.answers(today)
        lost = [name for name in answers if self._wrong.happens("lost", today, name)]
        if lost:
            self._story(today, f"answers lost: {lost}")
            again = self._late.setdefault(today + _ASKED_AGAIN, {})
            again.update({name: answers[name] for name in lost})
        found = {name: content for name, content in answers.items() if name not in lost}
        for name, content in {**files, **found}.items():
            (self._folder / "in" / name).write_bytes(content)

    def _of_file(self, name: str, touched: date | None = None) -> dict[int, Position]:
        own = [p for p in self._esr.holdings.positions.values() if p.deanery == name.split("_")[1]]
        return copy(p for p in own if touched is None or p.touched == touched)

    def _work(self, today: date) -> None:
        """Run the day's work, with TCS as the day has it, after what a person does first."""
        wrong = self._wrong.of(today)
        for act in self._operator.act(today, self._settings()):
            self._story(today, f"operator: {act}")
        if wrong.few_failures:
            self._tcs.simulator.misbehaviour.switches = Switches(fail_next=3)
        done = (
            self._with_tcs_down(today, wrong.tcs_answers)
            if wrong.tcs_answers is not None
            else self._program(today)
        )
        if not done and wrong.runs_again:
            self._story(today, "run again")
            done = self._program(today)
        if done:
            names = sorted(self._untaken, key=lambda name: name.split("_")[3:])
            self.chronicle.take_positions((name, self._said[name]) for name in names)
            self._untaken.clear()
            self.chronicle.note_run(today, self._tis)
            self.report.runs += 1

    def _with_tcs_down(self, today: date, answers: int) -> bool:
        with _down_after(self._tcs, answers):
            done = self._program(today, TIS_ESR_PATIENCE_SECONDS="0.5")
        if not done:
            self._story(today, f"TCS is down after {answers} calls")
        return done

    def _program(self, today: date, **settings: str) -> bool:
        folder = self._folder
        said = self._run(
            "day", "--in", folder / "in", "--out", folder / "out", "--tcs", self._tcs.url, "--as-of", today, **settings
        )  # fmt: skip
        if said.code not in (*_DONE, 3):
            raise AssertionError(f"day {today} exits with {said.code}: {said.text}")
        return said.code in _DONE

    def _evening(self, today: date) -> None:
        """Let ESR take the files of the day: it quarantines some, and loads some days later, with those behind them."""
        for path in sorted((self._folder / "out").glob(f"*_{today:%Y%m%d}_*.DAT"), key=_in_order):
            content, kind = path.read_bytes(), path.name.split("_")[2]
            self.report.records[kind] += content.count(b"\n") - 2
            office = path.name.split("_")[1]
            if kind == "APP":
                spoilt = self._wrong.happens("quarantined", today, path.name)
                self._take(today, path.name, content[:-1] if spoilt else content)
                if spoilt:
                    self._story(today, f"{path.name} is quarantined")
            elif office in self._held or self._wrong.happens("loaded_late", today, path.name):
                until, names = self._held.setdefault(office, (today + timedelta(days=_LOADED_AFTER), []))
                names.append(path.name)
                self._story(today, f"{path.name} is loaded by ESR on {until}")
                self.chronicle.note_file(path.name, content, today)
            else:
                self._take(today, path.name, content)
        for office in [office for office, (until, _) in self._held.items() if until <= today]:
            for name in self._held.pop(office)[1]:
                self._take(today, name, (self._folder / "out" / name).read_bytes())

    def _take(self, today: date, name: str, content: bytes) -> None:
        self._esr.take(name, content, today)
        self.chronicle.note_file(name, (self._folder / "out" / name).read_bytes(), today)

    def _compare(self, today: date) -> None:
        all_found = list(differences(self._tis, self._esr.holdings, today))
        self.chronicle.note_differences(today, ((one.kind, one.subject) for one in all_found))
        for found in all_found:
            name = explanation(found, self.chronicle)
            is_last = self.report.days == self._size.days
            if name and (not is_last or name in AT_THE_END):
                self.report.explained[name] += 1
            else:
                self.report.unexplained.append(found)

    def _story(self, today: date, story: str) -> None:
        self.chronicle.stories.append(f"{today} {story}")

    def _settings(self) -> Settings:
        given = self._run.settings.items()
        return Settings(**{name.removeprefix("TIS_ESR_").lower(): value for name, value in given})  # type: ignore[arg-type]


@contextmanager
def quarter(seed: int, engine: str, size: Size, folder: Path) -> Iterator[Quarter]:
    """Open the quarter of a seed on an engine, in an empty folder."""
    world, holdings = initial_world(FIRST, seed, size.posts)
    for name in ("tcs", "in", "out"):
        (folder / name).mkdir(parents=True)
    for name in ("posts", "placements", "people"):
        lines = [msgspec.json.encode(entity) + b"\n" for entity in getattr(world, name)]
        (folder / "tcs" / f"{name}.jsonl").write_bytes(b"".join(lines))
    behaviour = Behaviour(rejected=0.02, warned=0.05, late=0.1, cut=0.1, twice=0.1)
    with running_simulator(folder / "tcs") as tcs:
        esr = Esr(holdings, seed=seed, behaviour=behaviour)
        yield Quarter(seed, size, program(engine, folder), tcs, esr, folder)


def random_day(random: Random, days: int) -> int | None:
    """Return the day, in every second quarter that is long enough, on which a whole intake is entered in TIS."""
    return random.randrange(3, days) if days > 7 and random.random() < 0.5 else None


def _in_order(path: Path) -> tuple[bool, str]:
    """Order files as they are loaded: applicants first, then by number, which DNC and DNF share."""
    _, _, kind, _, number = path.name.split("_")
    return kind != "APP", number


async def _announce(settings: Settings, day: date, records: list[Any]) -> None:
    async with engine_for_operation(settings, day=day) as runner:
        work = runner.work()
        announce_changes(work, records)
        await work.commit()


@contextmanager
def _down_after(tcs: Running, answers: int) -> Iterator[None]:
    """Have TCS fail every call after some."""
    simulator = tcs.simulator
    before, instead, left = simulator.answered, simulator.misbehaviour.instead, Switches(fail_rate=1.0)

    async def failing() -> Any:
        if simulator.answered - before > answers:
            simulator.misbehaviour.switches = left
        return await instead()

    simulator.misbehaviour.instead = failing  # type: ignore[method-assign]
    try:
        yield
    finally:
        simulator.misbehaviour.instead = instead  # type: ignore[method-assign]
        simulator.misbehaviour.switches = Switches()
