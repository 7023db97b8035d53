"""Settles findings of a file: the resolution is recorded, and they no longer set the exit code."""

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.ledger import Gap, gaps, open_gaps
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES
from tis_esr.services.inbound_data_reader.file_ledger import FILES, SettledGap, enter
from tis_esr.services.inbound_data_reader.ledger_horizon import oldest_day

ACT = "file.settle"


async def settle_findings(runner: Runner, person: Person, name: str, why: str) -> list[str]:
    """Settle the open findings with an entry in the audit, and return their texts."""
    work = runner.work()
    key = name.partition("#")[0]
    first = (await work.get(FILES, [key])).get(key)
    named = await work.find(FILES, {"deanery": first.deanery, "counter": first.counter}) if first else []
    found = [file for file in named if name in {file.name, file.key} and file.open_findings]
    for file in found:
        enter(work, file.settle(why))
    ours = (await work.get(OUTBOUND_FILES, [name])).get(name)
    if ours is not None and not ours.settled:
        work.put(OUTBOUND_FILES, msgspec.structs.replace(ours, settled=why))
        await record(work, person, ACT, [name], why=why, result="its missing confirmation was settled")
        await work.commit()
        return ["ESR did not confirm it"]
    missing = [] if first else await _missing_by(work, name)
    for gap in missing:
        covered = SettledGap(first=gap.first, last=gap.last, how=why)
        shown_by = (await work.get(FILES, [gap.shown_by]))[gap.shown_by]
        enter(work, msgspec.structs.replace(shown_by, settled_gaps=[*shown_by.settled_gaps, covered]))
    settled = [*(finding for file in found for finding in file.open_findings), *(gap.text for gap in missing)]
    if settled:
        await record(work, person, ACT, [name], why=why, result=f"{counted(len(settled), 'finding')} settled")
        await work.commit()
    return settled


async def _missing_by(work: Work, name: str) -> list[Gap]:
    found = gaps(await work.find(FILES, {}), await work.find(OUTBOUND_FILES, {}), await oldest_day(work))
    return [gap for gap in open_gaps(found) if gap.name == name]
