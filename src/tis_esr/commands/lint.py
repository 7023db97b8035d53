"""``tis-esr lint``: prints the data faults of coming applicants by deanery and weeks to go, and posts near ESR's limit."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.counted import counted, plural
from tis_esr.decisions.crowded_posts import CrowdedPost
from tis_esr.decisions.file_packing import MOST_A_POST
from tis_esr.errors import Exit
from tis_esr.operations.coming_applicants import Horizon
from tis_esr.operations.composition import reader_of, window
from tis_esr.operations.dates import day as written
from tis_esr.operations.lint import Finding, Lint
from tis_esr.operations.lint import lint as check
from tis_esr.settings import Settings

_RECORDS_SHOWN = 12
_POSTS_SHOWN = 40


def lint(
    settings: Settings, deaneries: Sequence[str], day: date, weeks: int, state: Path | None, *, as_json: bool
) -> Exit:
    """Print the findings; DONE_WITH_PARKED if one keeps an applicant from being sent."""
    horizon = Horizon(day, weeks, window(settings))
    with closing(reader_of(settings, state)) as reader, progress() as bars:
        bar = bars.stage("Checking applicant records", "deaneries", total=len(deaneries))
        found = check(reader, deaneries, horizon, bar.advance)
    if as_json:
        print_json(found)
    else:
        _show(found)
    return Exit.DONE_WITH_PARKED if found.blocking else Exit.DONE


def _show(found: Lint) -> None:
    for deanery, of_deanery in groupby(found.findings, lambda finding: finding.deanery):
        say(deanery, style=HEADING)
        for weeks, some in groupby(of_deanery, lambda finding: finding.weeks_to_go):
            say(_when(weeks, found.day), indent=2)
            _faults(some)
    if found.posts:
        say(f"Posts near or above {MOST_A_POST} applicants a file", style=HEADING)
        _posts(found.posts)
    blank = len(found.findings) - found.blocking
    said = f"{found.blocking:,} keep an applicant from being sent, {blank:,} leave a field blank"
    say(said, label="Data faults:", style=HEADING)
    of = f", compared with TIS on {written(found.data_from)} or later" if found.data_from else ""
    until = written(found.day + timedelta(weeks=found.weeks))
    said = f"{counted(found.checked, 'applicant record to export who is', 'applicant records to export who are')} in the window or {plural(found.checked, 'reaches', 'reach')} it by {until}{of}"
    say(said, label="Checked:", style=HEADING)
    say(found.not_checked, label="Not checked:", style=HEADING)


def _when(weeks: int, today: date) -> str:
    if not weeks:
        return "In the window now, not sent"
    return f"{counted(weeks, 'week')} to go: reach the window by {written(today + timedelta(weeks=weeks))}"


def _faults(findings: Iterable[Finding]) -> None:
    """Print each fault once, with its records."""
    records: dict[tuple[str, str, str], list[str]] = {}
    blocking: dict[tuple[str, str, str], bool] = {}
    for finding in findings:
        same = finding.text, finding.who.value, finding.action
        records.setdefault(same, []).append(finding.record)
        blocking[same] = finding.blocking
    for (text, who, action), some in records.items():
        style = NOTICE if blocking[text, who, action] else ""
        say(f"{text}", label=f"{len(some):,} x", style=style, indent=4)
        more = "" if len(some) <= _RECORDS_SHOWN else f" and {len(some) - _RECORDS_SHOWN:,} more: see --json"
        say(f"placement:position {' '.join(some[:_RECORDS_SHOWN])}{more}", indent=6)
        say(f"{who}: {action}", label="Who must act:", indent=6)


def _posts(posts: Sequence[CrowdedPost]) -> None:
    for post in posts[:_POSTS_SHOWN]:
        files = counted(post.files, "file")
        said = f"{post.deanery}: {counted(post.applicants, 'applicant')}, {files}, {written(post.day)}"
        say(said, label=post.deanery_number, indent=2)
    if len(posts) > _POSTS_SHOWN:
        say(f"and {len(posts) - _POSTS_SHOWN} more: see --json", indent=2)
