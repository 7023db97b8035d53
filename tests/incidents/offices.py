"""Local offices in which an incident takes place: TIS, the program on the production engine, and ESR. All invented."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.conversation import Conversation, conversation, position
from tests.journeys.program import Program

from tis_esr.engine.reader_protocol import Trace
from tis_esr.simulation.days.generated_world import World

LANDSCAPE = 1000
"""The positions of the second local office are numbered from here on, those of the third from twice this."""


@dataclass(frozen=True)
class Offices:
    """So many posts in each local office, each with one position and ``people`` who come ``start`` days from today."""

    posts: int = 6
    names: Sequence[str] = ("EOE",)
    people: int = 1
    start: int = 30

    def build(self, world: World) -> None:
        """Make TIS's data."""
        for name in self.names:
            for number in range(1, self.posts + 1):
                post = world.post(name, npn=npn(number, name))
                for _ in range(self.people):
                    world.placement(post, world.person(), self.start, self.start + 180)

    @property
    def number(self) -> int:
        """How many applicants ESR is to have of them."""
        return self.posts * self.people * len(self.names)


def npn(number: int, office: str = "EOE") -> str:
    """Return the national post number of the n-th post of a local office."""
    return f"{office}/RX1/800/STR/{number:03d}"


@contextmanager
def offices(
    folder: Path,
    made: Offices | None = None,
    *,
    also: Callable[[World], None] = lambda _: None,
    called: Program | None = None,
) -> Iterator[Conversation]:
    """Open a conversation of local offices with ESR; ``also`` adds to TIS's data, ``called`` has other servers."""
    made = made or Offices()
    folder.mkdir(exist_ok=True)

    def build(world: World) -> None:
        made.build(world)
        also(world)

    positions = [
        position(LANDSCAPE * at + number, npn(number, name), deanery=name)
        for at, name in enumerate(made.names)
        for number in range(1, made.posts + 1)
    ]
    with conversation("production", folder, build, positions, called=called) as talk:
        talk.program.settings |= {
            "TIS_ESR_TCS_URL": talk.small.tcs.url,
            "TIS_ESR_TCS_UNCERTAIN_SECONDS": "0.5",
        }
        yield talk


def in_esr(talk: Conversation) -> int:
    """Return how many applicants ESR has."""
    return sum(len(some) for some in talk.esr.holdings.applicants.values())


def quarantined(talk: Conversation) -> dict[str, list[str]]:
    """Return the files that ESR quarantined, and why."""
    return {name: one.quarantined for name, one in talk.esr.holdings.files.items() if one.quarantined}


def exported_in_tis(talk: Conversation) -> list[int]:
    """Return for each placement of TIS how often it is shown as exported to ESR."""
    store = talk.small.tcs.simulator.store
    events = [store.placement_events.get(placement, []) for placement in store.placements]
    return [sum(event["status"] == "EXPORTED" for event in some) for some in events]


def parked(talk: Conversation) -> list[Trace]:
    """Return the parked messages."""
    with talk.reader() as reader:
        return list(reader.parked())
