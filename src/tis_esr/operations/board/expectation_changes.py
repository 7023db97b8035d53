"""Changes expectations and waivers: a new version or a withdrawal each, with who and why, and an audit entry."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from typing import TypeVar

import msgspec

from tis_esr import wall_clock
from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.errors import UsageError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.expectations import EXPECTATIONS, WAIVERS, Expectation, Waiver
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.cron import BadCronError, next_after

T = TypeVar("T", Expectation, Waiver)

LONGEST_WAIVER = timedelta(days=366)
"""A file that is not expected for longer than this has another schedule."""


class ChangeError(UsageError):
    """An expectation or waiver that can't be set; names the option, and says what to give instead."""


async def set_expectation(
    runner: Runner,
    person: Person,
    *,
    type_: FileType,
    deanery: str,
    schedule: str,
    days_after: int,
    grace_minutes: int,
    valid_from: date | None,
    valid_until: date | None,
    source: str,
    why: str,
) -> Expectation:
    """Store a version of what is expected; "" as ``schedule`` says that no file is. Raises ChangeError.

    It is in force from today, unless ``valid_from`` is given. Earlier versions stay, so that earlier days are judged as
    they were.
    """
    work = runner.work()
    first = valid_from or work.today
    _check_schedule(schedule)
    _check_words(deanery, why)
    if valid_until is not None and valid_until < first:
        raise ChangeError("--until", f"{valid_until} is before {first}, the first day; name a later day")
    known = await work.find(EXPECTATIONS, {"type": [kind.value for kind in FileType]})
    version = Expectation(
        number=_next(known),
        type=type_,
        deanery=deanery,
        schedule=schedule,
        days_after=days_after,
        grace_minutes=grace_minutes,
        source=source or why,
        valid_from=first,
        valid_until=valid_until,
        set_by=person.name,
        set_at=work.now.astimezone(UTC),
        why=why,
    )
    await _add(work, EXPECTATIONS, version)
    await record(work, person, "expectation.set", [_named(deanery, type_), f"E{version.number}"], why=why)
    await work.commit()
    return version


async def waive(
    runner: Runner,
    person: Person,
    *,
    type_: FileType | None,
    deanery: str,
    first: date | None,
    until: date,
    why: str,
) -> Waiver:
    """Suspend the expectation of an office's files, or of all, for the files of today (``first``) to ``until``.

    Raises ChangeError. Files for later days are expected again.
    """
    work = runner.work()
    begin = first or min(work.today, until)
    _check_words(deanery, why)
    if until < begin:
        raise ChangeError("--until", f"{until} is before {begin}, the first day; name a later day")
    if until - begin > LONGEST_WAIVER:
        raise ChangeError(
            "--until", f"{until} is more than a year after {begin}; set another schedule instead"
        )
    known = await work.find(WAIVERS, {"until": Between(date.min, date.max)})
    waiver = Waiver(
        number=_next(known),
        deanery=deanery,
        type=type_ or "",
        first=begin,
        until=until,
        set_by=person.name,
        set_at=work.now.astimezone(UTC),
        why=why,
    )
    await _add(work, WAIVERS, waiver)
    on = [_named(deanery, type_), f"W{waiver.number}", f"{begin} to {until}"]
    await record(work, person, "expectation.waive", on, why=why)
    await work.commit()
    return waiver


async def withdraw(runner: Runner, person: Person, name: str, why: str) -> None:
    """Withdraw a version of an expectation (``E3``) or a waiver (``W3``): what was in force before is again.

    Raises ChangeError.
    """
    work = runner.work()
    _check_words("", why)
    kind, number = name[:1].upper(), name[1:]
    if kind not in {"E", "W"} or not (number.isascii() and number.isdecimal()):
        raise ChangeError("NAME", f"{name!r} is not a valid name; write E3 for a version, W3 for a waiver")
    said = f"withdrawn by {person.name}: {why}"
    if kind == "W":
        await _withdraw(work, WAIVERS, name, said)
    else:
        await _withdraw(work, EXPECTATIONS, name, said)
    await record(work, person, "expectation.withdraw", [f"{kind}{int(number)}"], why=why)
    await work.commit()


async def _withdraw(work: Work, collection: Collection[T], name: str, said: str) -> None:
    key = name[1:].lstrip("0").zfill(6)
    found = (await work.get(collection, [key])).get(key)
    if found is None or found.withdrawn:
        what = "does not exist" if found is None else "is withdrawn already"
        raise ChangeError("NAME", f"{name} {what}; tis-esr expectations list shows what is in force")
    work.put(collection, msgspec.structs.replace(found, withdrawn=said))


async def _add(work: Work, collection: Collection[T], one: T) -> None:
    """Write a new document; of two that take one number at the same time, one is retried."""
    await work.get(collection, [collection.key(one)])
    work.put(collection, one)


def _next(known: Sequence[Expectation | Waiver]) -> int:
    return max((one.number for one in known), default=0) + 1


def _named(deanery: str, type_: FileType | None) -> str:
    return f"{deanery or 'all offices'} {type_ or 'all types'}"


def _check_schedule(schedule: str) -> None:
    if not schedule:
        return
    try:
        next_after(schedule, wall_clock.now())
    except BadCronError as error:
        raise ChangeError("--due", str(error)) from error


def _check_words(deanery: str, why: str) -> None:
    if deanery and deanery not in DEANERIES:
        raise ChangeError("--deanery", f"{deanery!r} must be one of {', '.join(DEANERIES)}")
    if not why.strip():
        raise ChangeError("--why", "say why, for those who look at the board")
