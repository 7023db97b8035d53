"""One seed, judged: both runs and what is broken."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.invariants import Ends, Violation, model_violations, violations
from tests.simulation.run import Disturbed, disturbed, ordered
from tests.simulation.wiring import silent
from tests.simulation.world import Scenario, scenario


@dataclass
class Judgement:
    """A seed's violations and the run that shows them."""

    seed: int
    scenario: Scenario
    run: Disturbed
    violations: list[Violation]


def judge(seed: int, off: frozenset[str] = frozenset()) -> Judgement:
    """Run a seed, without the disturbances in ``off``."""
    silent()
    found = scenario(seed)
    with tempfile.TemporaryDirectory(prefix="simulation-") as folder:
        data = Path(folder)
        found.write(data)
        calm = ordered(found, data)
        run = disturbed(seed, found, data, off)
    ends = Ends(found, calm, run.outcome, early=bool(run.early))
    return Judgement(seed, found, run, [*model_violations(found, calm), *violations(ends)])
