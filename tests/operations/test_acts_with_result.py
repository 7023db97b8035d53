"""An act of many units of work is in the audit with its beginning and its end, however it ends, on both engines."""

import asyncio
from random import Random

import pytest
from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.errors import UsageError
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.audit.trail import Person, entries
from tis_esr.simulation.days.generated_world import World

ANN = Person("ann")


def results(bench: Bench) -> list[str]:
    """Return the results of the entries, oldest first."""
    return [entry.result for entry in reversed(entries(bench.reader()))]


async def test_the_beginning_is_written_before_the_act_and_its_result_after_it(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        async with audited(bench.runner, ANN, "test.act", ["file"], why="ticket 1") as act:
            assert results(bench) == ["begun"]
            act.result = "2 rows"
        found = entries(bench.reader())
        assert [(e.who, e.act, e.on, e.why, e.result) for e in reversed(found)] == [
            ("ann", "test.act", ["file"], "ticket 1", "begun"),
            ("ann", "test.act", ["file"], "ticket 1", "2 rows"),
        ]


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (UsageError("--as-of", "is a day before the first file"), "failed: --as-of: is a day before the first file"),
        (OSError(28, "No space left on device", "out/Testa Specimen.DAT"), "failed: OSError"),
        (ValueError("Testa Specimen"), "failed: ValueError"),
        (ExceptionGroup("queues", [ValueError("Testa Specimen")]), "failed: ValueError"),
        (asyncio.CancelledError(), "interrupted"),
    ],
)  # fmt: skip
async def test_a_failure_is_the_result_without_text_from_outside(
    benches: Benches, error: BaseException, result: str
) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        with pytest.raises(type(error)):
            async with audited(bench.runner, ANN, "test.act"):
                raise error
        assert results(bench) == ["begun", result]
