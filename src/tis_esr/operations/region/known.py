"""What a region's start is about: the region's files, and the applicants that a list names."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from tis_esr.decisions.region_files import full_file, older_files
from tis_esr.decisions.sent_list import Candidate, LineProblem, Matching, matching
from tis_esr.engine.work import Work
from tis_esr.files.file_store import FileStore
from tis_esr.operations.manual_export import Left, left_after
from tis_esr.operations.region.reports import Region
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND, command_id
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, Export
from tis_esr.services.data_exporter.full_export import FULL_EXPORT
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    PENDING,
    RUNS,
    ApplicantRecord,
    OutboundFile,
    RecordState,
)
from tis_esr.services.data_exporter.region_starts import REGION_STARTS, RegionStart, StartStep
from tis_esr.services.data_exporter.sent_before import is_sent_before
from tis_esr.services.inbound_data_reader.file_ledger import FILES, NOT_TAKEN
from tis_esr.services.inbound_data_reader.setting_aside import waiting

_AT_ONCE = 500
_BLOCK = 1 << 20


@dataclass(frozen=True)
class RegionFiles:
    """The RMF that the start begins with, None if there is none; older files: waiting, set aside already, processed."""

    rmf: str | None
    waiting: list[str]
    set_aside: frozenset[str]
    begun: int


async def stored_start(work: Work, deanery: str) -> RegionStart | None:
    """Return the start of a deanery as stored; None if it has not begun."""
    return (await work.get(REGION_STARTS, [deanery])).get(deanery)


async def files_of(work: Work, region: Region) -> RegionFiles:
    """Return the files of a region in the inbound store and the ledger. Raises OSError."""
    there = (await region.inbound.listing()).stamps
    entered = await work.find(FILES, {"deanery": region.deanery, "counter": "RMT"})
    begun = {file.name for file in entered if file.state not in NOT_TAKEN}
    aside = frozenset(file.name for file in entered if file.set_aside)
    rmf = full_file({*there, *begun}, region.deanery, region.day)
    if rmf is None:
        return RegionFiles(None, [], aside, 0)
    older = older_files({*there, *begun}, rmf)
    left = await waiting(work, [name for name in older if name in there])
    return RegionFiles(rmf, left, aside, len(begun.intersection(older)))


async def lines_in(store: FileStore, name: str) -> int:
    """Return the number of line ends of a file in a store. Raises OSError."""
    lines = 0
    async with store.open(name) as stream:
        while block := stream.read(_BLOCK):
            lines += block.count(b"\n")
    return lines


async def matched(work: Work, region: Region) -> Matching:
    """Return which applicant records of the region the lines of its list name."""
    lines = region.lines or []
    numbers = sorted({line.gmc_number for line in lines})
    candidates: list[Candidate] = []
    for start in range(0, len(numbers), _AT_ONCE):
        some = await work.find(APPLICANTS, {"gmc_number": numbers[start : start + _AT_ONCE]})
        candidates += [_candidate(record) for record in some if _may_be_named(record, region.deanery)]
    return matching(lines, candidates, region.day)


def problems_of(region: Region, found: Matching) -> list[LineProblem]:
    """Return the unreadable lines of the list and those that name no applicant, by line."""
    return sorted([*region.problems, *found.problems], key=lambda problem: problem.line)


def list_counts(region: Region, found: Matching) -> dict[str, int]:
    """Return the counts of the step that marks applicants as sent before."""
    problems = problems_of(region, found)
    return {
        "lines": len(region.lines or []) + len(region.problems),
        "marked": found.marked + len(found.keys),
        "started": found.over,
        "unusable": len(problems),
    }


async def applicant_counts(work: Work, region: Region, day: date, *occasions: str) -> dict[str, int]:
    """Return the counts of the APP that the start sent on a day, and why records are left, by Left's names."""
    files = await _files(work, APPLICANT_EXPORT, region, day, occasions)
    left = await left_after(work, APPLICANT_EXPORT, region.window, day, region.deanery)
    counts = {why.name.lower(): left[why] for why in Left}
    held_back = sum(file.held_back for file in files)
    return {"rows": sum(file.rows for file in files), **counts, Left.HELD_BACK.name.lower(): held_back}


async def notification_counts(work: Work, region: Region, day: date, *occasions: str) -> dict[str, int]:
    """Return the counts of the DNF that the start sent on a day."""
    files = await _files(work, FULL_EXPORT, region, day, occasions)
    return {
        "rows": sum(file.rows for file in files),
        "held_back": sum(file.held_back for file in files),
    }


def occasions_of(step: StartStep, day: date, start: RegionStart) -> tuple[str, str]:
    """Return what the file of a step is known by: written here, or by running services on a command."""
    command = APPLICANT_COMMAND if step is StartStep.APPLICANTS else NOTIFICATION_COMMAND
    return start.occasion, command_id(command, day, start.occasion, start.deanery)


async def _files(
    work: Work, export: Export, region: Region, day: date, occasions: Collection[str]
) -> list[OutboundFile]:
    key = f"{export.file_type}:{day}"
    run = (await work.get(RUNS, [key])).get(key)
    files = (await work.get(OUTBOUND_FILES, run.files)).values() if run else ()
    return [file for file in files if file.deanery == region.deanery and file.occasion in occasions]


def _may_be_named(record: ApplicantRecord, deanery: str) -> bool:
    return record.deanery == deanery and (
        record.state in PENDING or is_sent_before(record.state, record.file)
    )


def _candidate(record: ApplicantRecord) -> Candidate:
    return Candidate(
        key=record.key,
        gmc_number=record.gmc_number,
        position_id=record.position_id,
        deanery_number=record.deanery_number,
        date_from=record.date_from,
        is_marked=record.state is RecordState.EXPORTED,
    )
