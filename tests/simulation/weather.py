"""What a run has to go through, drawn by its seed: each disturbance has a name by which it can be left out."""

from dataclasses import dataclass, field
from random import Random

from tests.simulation.chance import Chance
from tests.simulation.tcs import Outage
from tests.simulation.world import Scenario

APPLICANTS, NOTIFICATIONS = "appfilegenerationcommand", "notificationfilegenerationcommand"


@dataclass(frozen=True)
class Blow:
    """Something that befalls one process at a moment: so many seconds down or frozen, or hours of clock."""

    name: str
    at: float
    process: int
    amount: float


@dataclass(frozen=True)
class Arrival:
    """A file's event; without one only the sweep finds it."""

    name: str
    at: float
    file: str
    told: bool = True
    again: float | None = None


@dataclass(frozen=True)
class EarlyExport:
    """A command before all is known."""

    name: str
    at: float
    command: str


@dataclass
class Weather:
    """See the module. Moments are seconds from the beginning; ``trouble_until`` ends all trouble."""

    processes: int
    disorder: bool
    trouble_until: float
    store_rate: float
    tcs_rate: float
    tcs_slow_rate: float
    tcs_seconds: float
    files_rate: float
    arrivals: list[Arrival]
    exports: list[EarlyExport] = field(default_factory=list)
    outages: tuple[Outage, ...] = ()
    kills: list[Blow] = field(default_factory=list)
    freezes: list[Blow] = field(default_factory=list)
    skews: list[Blow] = field(default_factory=list)
    slowness: list[float] = field(default_factory=list)


def weather(seed: int, scenario: Scenario, chance: Chance) -> Weather:
    """Draw it; what is switched off by name is left out."""
    random = Random(f"{seed} weather")
    drawn = random.choice((1, 1, 2, 2, 3))
    until = random.choice((20.0, 60.0, 150.0))
    stressed = random.random() < 0.75
    processes = 1 + sum(chance.allows(f"process:{number}") for number in range(1, drawn))
    found = Weather(
        processes=processes,
        disorder=chance.allows("disorder"),
        trouble_until=until,
        store_rate=random.choice((0.0, 0.0, 0.01, 0.04)) * stressed,
        tcs_rate=random.choice((0.0, 0.0, 0.03, 0.1, 0.25)) * stressed,
        tcs_slow_rate=random.choice((0.0, 0.0, 0.02, 0.1)) * stressed,
        tcs_seconds=random.choice((0.01, 0.03, 0.1)),
        files_rate=random.choice((0.0, 0.0, 0.1)) * stressed,
        arrivals=_arrivals(random, scenario, chance, until),
    )
    commands = [
        random.choice((APPLICANTS, NOTIFICATIONS)) for _ in range(random.choice((0, 0, 0, 1, 1, 2, 3)))
    ]
    found.exports = [
        EarlyExport(f"early:{number}", random.uniform(0.5, until), command)
        for number, command in enumerate(commands)
        if chance.allows(f"early:{number}")
    ]
    found.slowness = [
        random.choice((30.0, 300.0)) if random.random() < 0.2 and chance.allows(f"slow:{number}") else 1.0
        for number in range(drawn)
    ]
    if stressed:
        found.outages = tuple(_outages(random, until))
        found.kills = _blows(random, chance, "kill", 3, until, drawn, (0.5, 60.0))
        found.freezes = _blows(random, chance, "freeze", 2, until, drawn, (1.0, 240.0))
        found.skews = _blows(random, chance, "clock", 1, until, drawn, (-5.0, 5.0))
    return found


def _arrivals(random: Random, scenario: Scenario, chance: Chance, until: float) -> list[Arrival]:
    """Have the files come in any order, or all at once; some twice, some without a word."""
    found = []
    together = random.random() < 0.3
    for number, file in enumerate(scenario.files):
        at = random.uniform(0.0, 1.0) if together else random.uniform(0.0, until * 0.8)
        again = at + random.uniform(0.0, until) if random.random() < 0.2 else None
        told = random.random() > 0.1
        if not chance.allows(f"apart:{number}"):
            at = number / 1000
        if again is not None and not chance.allows(f"twice:{number}"):
            again = None
        found.append(
            Arrival(f"twice:{number}", at, file, told or not chance.allows(f"untold:{number}"), again)
        )
    return found


def _outages(random: Random, until: float) -> list[Outage]:
    """Have TCS be away, or refuse us, for a while in some runs."""
    if random.random() < 0.7:
        return []
    start = random.uniform(0.0, until / 2)
    how = random.choice(("refused", "503", "401", "403", "html", "502"))
    return [Outage("outage:0", start, min(until, start + random.uniform(1.0, 60.0)), how)]


def _blows(
    random: Random,
    chance: Chance,
    kind: str,
    most: int,
    until: float,
    processes: int,
    amount: tuple[float, float],
) -> list[Blow]:
    number = random.choice((0, 0, *range(1, most + 1)))
    # Half of them come early, where most of the work is done.
    ends = [until if random.random() < 0.5 else min(until, 5.0) for _ in range(number)]
    blows = [
        Blow(f"{kind}:{n}", random.uniform(0.0, end), random.randrange(processes), random.uniform(*amount))
        for n, end in enumerate(ends)
    ]
    return [blow for blow in blows if chance.allows(blow.name)]
