"""Days in processes that are killed, on the production engine, with TCS and files as an incident had them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.days import Ground, Zygote, ground
from tests.journeys.small_world import small_world
from tests.servers import place

from tis_esr.simulation.days.generated_world import World


@contextmanager
def killable(
    folder: Path, zygote: Zygote, build: Callable[[World], None], rows: list[str], office: str = "EOE"
) -> Iterator[Ground]:
    """Make room for a day with TCS's data as built and one inbound file of these rows."""
    with small_world(folder, build) as small:
        small.file(*rows, deanery=office)
    with ground(folder / "in", folder / "tcs", folder / "day", place(), zygote) as made:
        yield made


def sent_rows(made: Ground, file_type: str) -> list[str]:
    """Return the data rows of all files of a type that were written for ESR."""
    files = sorted(made.out.glob(f"DE_*_{file_type}_*.DAT"))
    return [row for path in files for row in path.read_text().splitlines()[1:-1]]
