"""What a run has to go through, drawn by its seed: each disturbance has a name by which it can be left out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random

from tests.simulation.chance import Chance
from tests.simulation.trouble import PARTS, Outage, Refusal

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
    """A file's event; without one only the sweep finds it.

    ``early`` is when an event comes of a file that isn't there yet; ``away`` for how many seconds it is missing
    soon after it came, whereupon it comes like a new one.
    """

    name: str
    at: float
    file: str
    told: bool = True
    again: float | None = None
    early: float | None = None
    away: float = 0.0


@dataclass(frozen=True)
class EarlyExport:
    """A command before all is known; one sent by hand has no message id."""

    name: str
    at: float
    command: str
    by_hand: bool = False


@dataclass
class Weather:
    """One act's weather. Moments are seconds from its beginning; ``trouble_until`` ends all trouble."""

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
    stops: list[Blow] = field(default_factory=list)
    refusals: tuple[Refusal, ...] = ()
    last_by_hand: bool = False


@dataclass(frozen=True)
class Machines:
    """What the processes are like: how many times slower than usual each is, and whether messages come in any order."""

    slowness: list[float]
    disorder: bool


def machines(seed: int, chance: Chance) -> Machines:
    """Draw one to three processes."""
    random = Random(f"{seed} machines")
    slowness = [
        random.choice((30.0, 300.0)) if random.random() < 0.2 and chance.allows(f"slow:{number}") else 1.0
        for number in range(random.choice((1, 1, 2, 2, 3)))
    ]
    there = [
        times for number, times in enumerate(slowness) if not number or chance.allows(f"process:{number}")
    ]
    return Machines(there, chance.allows("disorder"))


def weather(seed: int, act: int, files: Iterable[str], chance: Chance) -> Weather:
    """Draw the weather of an act in which these files come; what is switched off by name is left out."""
    random = Random(f"{seed} weather {act}")
    until = random.choice((20.0, 60.0, 150.0))
    stressed = random.random() < (0.75, 0.5)[act]
    found = Weather(
        trouble_until=until,
        store_rate=random.choice((0.0, 0.0, 0.01, 0.04)) * stressed,
        tcs_rate=random.choice((0.0, 0.0, 0.03, 0.1, 0.25)) * stressed,
        tcs_slow_rate=random.choice((0.0, 0.0, 0.02, 0.1)) * stressed,
        tcs_seconds=random.choice((0.01, 0.03, 0.1)),
        files_rate=random.choice((0.0, 0.0, 0.1)) * stressed,
        arrivals=_arrivals(random, act, files, chance, until),
    )
    early = random.choice((0, 0, 0, 0, 1, 1, 2, 3))
    found.exports = [
        EarlyExport(
            f"early:{act}{number}",
            random.uniform(0.5, until),
            random.choice((APPLICANTS, NOTIFICATIONS)),
            random.random() < 0.3,
        )
        for number in range(early)
    ]
    found.exports = [export for export in found.exports if chance.allows(export.name)]
    if stressed:
        found.outages = tuple(_outages(random, act, until))
        found.kills = _blows(random, chance, f"kill:{act}", 3, until, (0.5, 60.0))
        found.freezes = _blows(random, chance, f"freeze:{act}", 2, until, (1.0, 240.0))
        found.skews = _blows(random, chance, f"clock:{act}", 1, until, (-5.0, 5.0))
        found.stops = _blows(random, chance, f"stop:{act}", 2, until, (0.5, 30.0))
        found.refusals = tuple(_refusals(random, act, until))
    found.last_by_hand = random.random() < 0.3 and chance.allows(f"hand:{act}")
    return found


def _arrivals(random: Random, act: int, files: Iterable[str], chance: Chance, until: float) -> list[Arrival]:
    """Have the files come in any order, or all at once; some twice, some without a word."""
    found = []
    together = random.random() < 0.3
    for number, file in enumerate(files):
        at = random.uniform(0.0, 1.0) if together else random.uniform(0.0, until * 0.8)
        again = at + random.uniform(0.0, until) if random.random() < 0.2 else None
        told = random.random() > 0.1
        if not chance.allows(f"apart:{act}{number}"):
            at = number / 1000
        if again is not None and not chance.allows(f"twice:{act}{number}"):
            again = None
        told = told or not chance.allows(f"untold:{act}{number}")
        early = random.uniform(0.0, at) if random.random() < 0.1 else None
        if not chance.allows(f"missing:{act}{number}"):
            early = None
        away = random.uniform(8.0, 60.0) if random.random() < 0.1 else 0.0
        if not chance.allows(f"away:{act}{number}"):
            away = 0.0
        found.append(Arrival(f"twice:{act}{number}", at, file, told, again, early, away))
    return found


def _refusals(random: Random, act: int, until: float) -> list[Refusal]:
    """Have TCS refuse some records for a while in some runs, as it does one that somebody then corrects in TIS."""
    if random.random() < 0.6:
        return []
    starts = [random.uniform(0.0, until / 2) for _ in range(random.choice((1, 2)))]
    return [
        Refusal(f"refusal:{act}{n}", at, random.uniform(at, until), random.randrange(PARTS))
        for n, at in enumerate(starts)
    ]


def _outages(random: Random, act: int, until: float) -> list[Outage]:
    """Have TCS be away, or refuse us, for a while in some runs."""
    if random.random() < 0.7:
        return []
    start = random.uniform(0.0, until / 2)
    how = random.choice(("refused", "503", "401", "403", "html", "502"))
    return [Outage(f"outage:{act}0", start, min(until, start + random.uniform(1.0, 60.0)), how)]


def _blows(
    random: Random, chance: Chance, kind: str, most: int, until: float, amount: tuple[float, float]
) -> list[Blow]:
    number = random.choice((0, 0, *range(1, most + 1)))
    # Half of them come early, where most of the work is done.
    ends = [until if random.random() < 0.5 else min(until, 5.0) for _ in range(number)]
    blows = [
        Blow(f"{kind}{n}", random.uniform(0.0, end), random.randrange(6), random.uniform(*amount))
        for n, end in enumerate(ends)
    ]
    return [blow for blow in blows if chance.allows(blow.name)]
