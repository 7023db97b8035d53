"""Shows personal values of what has changed: only with a reason, and audited first."""

from collections.abc import Sequence

from tis_esr.engine.runner import Runner
from tis_esr.operations.audit.trail import Person, record

SHOWN = "why.show-values"
"""The act in the audit."""


async def audit_shown(runner: Runner, person: Person, records: Sequence[str], why: str) -> None:
    """Record that a person looks at the values of applicant records (``placement:position``), and why."""
    work = runner.work()
    await record(work, person, SHOWN, records, why=why)
    await work.commit()
