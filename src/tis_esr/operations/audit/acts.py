"""Records the beginning of an act that takes many units of work: so there is no part of it without its entry."""

from collections.abc import Sequence

from tis_esr.engine.runner import Runner
from tis_esr.operations.audit.trail import Person, record

BEGUN = "begun"


async def begin_act(
    runner: Runner, person: Person, act: str, on: Sequence[str] = (), *, why: str = ""
) -> None:
    """Write the entry of an act before it begins. Raises PatienceExhaustedError."""

    async def write() -> None:
        work = runner.work()
        await record(work, person, act, on, why=why, result=BEGUN)
        await work.commit()

    await runner.patiently("the audit", write)
