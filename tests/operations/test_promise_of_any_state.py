"""The promise of a drawn state is what a plain calculation finds, however its records are read. On both engines."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from tests.operations.applicant_records import EXPORTER, record
from tests.operations.board.files_on_board import arrived
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.applicants import FROM_ESR
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.promise import (
    OWNERS,
    Course,
    MissReason,
    is_in_time,
    last_day,
    miss_reason,
    weightiest,
)
from tis_esr.decisions.who import Who
from tis_esr.operations.promise import brief_records
from tis_esr.operations.promise.promise import Per, Promise, promise
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    SENT,
    ApplicantRecord,
    EsrAnswer,
    OutboundFile,
    OutboundState,
    RecordState,
    Sending,
)
from tis_esr.services.data_exporter.pending_records import NO_LONGER, START_PASSED
from tis_esr.services.inbound_data_reader.file_ledger import FILES, InboundFile
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

OFFICES = ("EOE", "LDN", "YHD")
FIRST = date(2026, 8, 1)
END = TODAY + timedelta(weeks=20)


class Drawn:
    """A state drawn by a seed: placements with one or two positions and trainees, as the services may leave them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.files: dict[str, OutboundFile] = {}
        self.positions = [self._position(number) for number in range(1, 40)]
        self.begun = {
            "EOE": TODAY - timedelta(days=60),
            "LDN": TODAY - timedelta(days=10),
        }
        drawn = [one for placement in range(1, 120) for one in self._of_placement(placement)]
        self.records = list({APPLICANTS.key(one): one for one in drawn}.values())

    @property
    def arrivals(self) -> list[InboundFile]:
        return [
            msgspec.structs.replace(arrived("RMC", None, day), name=f"DE_{office}_RMC_{day:%Y%m%d}_00000001.DAT", deanery=office)
            for office, day in self.begun.items()
        ]  # fmt: skip

    def _days_before(self, day: date, *numbers: int) -> date:
        return day - timedelta(days=self.random.choice(numbers))

    def _position(self, number: int) -> Position:
        draw = self.random.random
        return Position(
            position_id=number,
            post_id=number if draw() < 0.8 else None,
            deleted=draw() < 0.1,
            found_later=draw() < 0.2,
            matched_on=self._days_before(TODAY, 1, 30, 200) if draw() < 0.8 else None,
        )

    def _of_placement(self, placement: int) -> Iterable[ApplicantRecord]:
        start = TODAY + timedelta(
            days=self.random.choice((-200, -60, -1, 0, 40, 83, 84, 85, 91, 120, 139, 140))
        )
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            person = placement * 10 + self.random.choice((0, 0, 0, 1))
            shifted = start + timedelta(days=self.random.choice((0, 0, 0, 7)))
            yield self._record(placement, person, shifted)

    def _record(self, placement: int, person: int, start: date) -> ApplicantRecord:
        draw, office = self.random.random, self.random.choice(OFFICES)
        state = self.random.choice([*RecordState])
        known = self._days_before(start, 200, 91, 85, 84, 83, 10)
        changes: dict[str, Any] = {
            "state": state,
            "person_id": person,
            "position_id": self.random.randrange(1, 44),
            "deanery_number": self.random.choice(("EOE/RX1/800/STR/1", "LDN/RX2/800/STR/2", "odd")),
            "built_on": self._days_before(TODAY, 0, 100),
            "known_since": known if draw() < 0.9 else None,
            "sound_since": None if state is RecordState.INVALID_DATA or draw() < 0.1 else known,
            "reason": self.random.choice((NO_LONGER, START_PASSED, "")),
            "missing": self.random.choice(([], ["dob"], [min(FROM_ESR)])),
            "withdrawn": state in SENT and draw() < 0.1,
        }
        if draw() < 0.3:
            changes["earlier"] = [Sending(self._file(office, start), placement)]
        if state in SENT and draw() < 0.9:
            changes |= {"file": self._file(office, start), "file_row": placement, "replaced": draw() < 0.2}
        names = [*(one.file for one in changes.get("earlier", [])), *filter(None, [changes.get("file")])]
        changes["answers"] = [self._answer(name) for name in names if draw() < 0.7]
        return record(placement, start, office, **changes)

    def _answer(self, of: str) -> EsrAnswer:
        status = self.random.choice(("SUCCESS", "SUCCESS", "FAIL"))
        return EsrAnswer(
            file=of.replace("APP", "APC"), row=2, status=status, of=of if self.random.random() < 0.8 else ""
        )

    def _file(self, office: str, start: date) -> str:
        day = self._days_before(start, 100, 85, 84, 83, 50)
        name = f"DE_{office}_APP_{day:%Y%m%d}_00000001.DAT"
        if name not in self.files and self.random.random() < 0.8:
            late = datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC) + timedelta(
                days=self.random.choice((0, 0, 1))
            )
            state = self.random.choice((OutboundState.SENT, OutboundState.SENT, OutboundState.ALLOCATED))
            self.files[name] = OutboundFile(
                name=name, type="APP", deanery=office, day=day, state=state, rows=1,
                written_at=late if self.random.random() < 0.8 else None,
            )  # fmt: skip
        return name


class Plain:
    """The promise by one look at each record, in the words of the rules."""

    def __init__(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self.positions = {one.position_id: one for one in drawn.positions}
        self.known: dict[tuple[str, int, int], list[ApplicantRecord]] = {}
        self.trainees: list[tuple[ApplicantRecord, list[Course], list[ApplicantRecord]]] = []
        order = list(RecordState)
        wanted = [one for one in drawn.records if FIRST <= one.date_from < END]
        for one in sorted(wanted, key=lambda one: (order.index(one.state), one.date_from, one.position_id)):
            self.known.setdefault((one.deanery, one.placement_id, one.person_id), []).append(one)
        for some in self.known.values():
            coming = [
                (one, course) for one in some if not one.replaced and (course := self.course(one)) is not None
            ]
            if coming:
                replaced = [
                    self.of(one, self.files(one, with_last=True), None) for one in some if one.replaced
                ]
                self.trainees.append(
                    (coming[0][0], [course for _, course in coming] + replaced, [one for one, _ in coming])
                )

    def sent_on(self, name: str) -> date | None:
        file = self.drawn.files.get(name)
        if file is None or (file.state is OutboundState.SENT and file.written_at is None):
            return datetime.strptime(name.split("_")[3], "%Y%m%d").date()  # noqa: DTZ007
        if file.state is not OutboundState.SENT:
            return None
        at = file.written_at
        assert at is not None
        return (
            (at + timedelta(hours=1)).date()
            if date(2026, 3, 29) <= at.date() < date(2026, 10, 25)
            else at.date()
        )

    def files(self, one: ApplicantRecord, *, with_last: bool) -> list[str]:
        return [*(place.file for place in one.earlier), *([one.file] if with_last and one.file else [])]

    def course(self, one: ApplicantRecord) -> Course | None:
        position = self.positions.get(one.position_id) if self.needs_position(one) else None
        if one.state in SENT:
            return None if one.withdrawn else self.of(one, self.files(one, with_last=True), position)
        is_over = one.state is RecordState.DELETED_BEFORE_EXPORT and one.reason != START_PASSED
        is_lost = is_over and position is not None and (position.deleted or position.post_id is None)
        return (
            None
            if is_over and not is_lost
            else self.of(one, self.files(one, with_last=False), position, is_lost)
        )

    def needs_position(self, one: ApplicantRecord) -> bool:
        known = one.known_since or one.built_on
        return one.state is RecordState.DELETED_BEFORE_EXPORT or known >= last_day(one.date_from)

    def of(
        self, one: ApplicantRecord, names: Sequence[str], position: Position | None, is_lost: bool = False
    ) -> Course:
        failed = {answer.of or one.file: not answer.is_accepted for answer in one.answers}
        days = {name: day for name in names if (day := self.sent_on(name)) is not None}
        return Course(
            start=one.date_from,
            known_since=one.known_since or one.built_on,
            sound_since=one.sound_since,
            matched_on=position.matched_on if position else None,
            is_post_late=bool(position and position.found_later),
            sent_on=min((day for name, day in days.items() if not failed.get(name)), default=None),
            first_rejected=min((day for name, day in days.items() if failed.get(name)), default=None),
            is_unsound=one.state is RecordState.INVALID_DATA,
            lacks_from_esr=bool(one.missing) and FROM_ESR.issuperset(one.missing),
            is_lost=is_lost,
        )

    def outcomes(self) -> Iterable[tuple[ApplicantRecord, str, MissReason | None, date | None]]:
        """Yield each trainee's first record, what became of it, the reason of a miss, and the day on which it was sent."""
        for first, courses, records in self.trainees:
            begun = self.drawn.begun.get(first.deanery)
            before = [
                one for one in records
                if one.known_since is None or (begun and last_day(one.date_from) <= begun)
                or (one.state is RecordState.EXPORTED and one.file is None)
            ]  # fmt: skip
            sent = min((course.sent_on for course in courses if course.sent_on), default=None)
            if any(is_in_time(course) for course in courses):
                yield first, "in_time", None, sent
            elif before:
                yield first, "unknown", None, sent
            elif last_day(first.date_from) < TODAY:
                yield first, "missed", weightiest(map(miss_reason, courses)), sent
            else:
                yield first, "due", None, sent


def trust(one: ApplicantRecord) -> str:
    return {"odd": "(none)"}.get(one.deanery_number, one.deanery_number[4:7])


def names(by: Per, one: ApplicantRecord) -> str:
    monday = one.date_from - timedelta(days=one.date_from.weekday())
    return {Per.OFFICE: one.deanery, Per.TRUST: trust(one), Per.START: str(monday)}[by]


def numbers(found: Iterable[Any]) -> dict[str, dict[str, int]]:
    kinds = ("in_time", "missed", "due", "unknown")
    return {line.name: {kind: n for kind in kinds if (n := getattr(line, kind))} for line in found}


def counted(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for name, outcome in pairs:
        found.setdefault(name, Counter())[outcome] += 1
    return {name: dict(some) for name, some in found.items()}


def check(found: Promise, by: Per, plain: Plain) -> Mapping[str, int]:
    all_ = list(plain.outcomes())
    coming = [one for one in all_ if one[0].date_from >= TODAY]
    assert numbers(found.lines) == counted((names(by, one), outcome) for one, outcome, _, _ in coming)
    assert numbers([found.total]) == counted(("all", outcome) for _, outcome, _, _ in coming)
    assert numbers(found.months) == counted(
        (f"{one.date_from:%Y-%m}", outcome) for one, outcome, _, _ in all_
    )
    missed = [(one, reason, sent) for one, outcome, reason, sent in coming if outcome == "missed"]
    assert sorted((m.starts, m.deanery, m.placement, m.trust, m.reason, m.who, str(m.sent_on)) for m in found.misses) == sorted(
        (one.date_from, one.deanery, one.placement_id, trust(one), reason, OWNERS[reason], str(sent))
        for one, reason, sent in missed if reason
    )  # fmt: skip
    listed = {(one.deanery, one.placement) for one in found.due}
    due = {(one.deanery, one.placement_id) for one, outcome, _, _ in coming if outcome == "due"}
    assert listed <= due
    in_window = {
        (one.deanery, one.placement_id) for one, outcome, _, _ in coming
        if outcome == "due" and one.date_from <= TODAY + timedelta(days=90)
    }  # fmt: skip
    assert in_window <= listed
    assert all(one.reason is not None for one in found.due if (one.deanery, one.placement) not in in_window)
    assert all((one.reason is None) == (one.who is Who.NOBODY) for one in found.due)
    return Counter(outcome for _, outcome, _, _ in coming)


@pytest.mark.parametrize("seed", range(6))
async def test_the_promise_of_a_drawn_state_is_what_a_plain_calculation_finds(
    benches: Benches, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    drawn = Drawn(seed)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(POSITIONS, *drawn.positions)
        await bench.keep(FILES, *drawn.arrivals)
        await bench.keep(OUTBOUND_FILES, *drawn.files.values())
        await bench.keep(APPLICANTS, *drawn.records)
        reader = bench.reader()
        try:
            for page, by in ((3, Per.OFFICE), (17, Per.TRUST), (2000, Per.START)):
                monkeypatch.setattr(brief_records, "_A_PAGE", page)
                found = promise(
                    reader, OFFICES, day=TODAY, weeks=20, by=by, reached_on=ApplicantWindow().reached_on
                )
                outcomes = check(found, by, Plain(drawn))
        finally:
            reader.close()
    assert len(outcomes) >= 3, "the state has trainees of most outcomes"
