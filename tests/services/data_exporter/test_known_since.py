"""A record remembers since when its trainee and start are known, and since when its data are complete."""

from datetime import date, timedelta

import msgspec
from tests.services.records import applicant, applicants
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.services.contracts.bodies import ApplicantsGenerated
from tis_esr.services.data_exporter.outbound import ApplicantRecord, RecordState
from tis_esr.services.data_exporter.pending_records import applicants as changes


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def after(stored: list[ApplicantRecord], message: Message) -> list[ApplicantRecord]:
    known = {record.key: record for record in stored}
    for change in changes(stored, message.decode(ApplicantsGenerated), message, {}):
        known[change.record.key] = change.record
    return list(known.values())


def days_of(records: list[ApplicantRecord]) -> tuple[date | None, date | None]:
    [record] = records
    return record.known_since, record.sound_since


def test_both_days_stay_while_nothing_changes_and_begin_again_with_another_start() -> None:
    first = after([], applicants(1, applicant(7), built_on=day(0)))
    later = after(first, applicants(2, applicant(7), built_on=day(3)))
    moved = after(later, applicants(3, applicant(7, start=60), built_on=day(5)))
    assert [days_of(found) for found in (first, later, moved)] == [
        (day(0), day(0)),
        (day(0), day(0)),
        (day(5), day(5)),
    ]


def test_a_record_is_sound_from_the_day_on_which_its_data_became_complete() -> None:
    first = after([], applicants(1, applicant(7, missing=("dob",)), built_on=day(0)))
    fixed = after(first, applicants(2, applicant(7), built_on=day(3)))
    worse = after(fixed, applicants(3, applicant(7, missing=("dob",)), built_on=day(4)))
    assert [days_of(found) for found in (first, fixed, worse)] == [
        (day(0), None),
        (day(0), day(3)),
        (day(0), None),
    ]


def test_one_that_was_held_back_is_sound_from_when_it_is_built_again() -> None:
    [record] = after([], applicants(1, applicant(7), built_on=day(0)))
    held = msgspec.structs.replace(record, state=RecordState.INVALID_DATA, reason="held back: no postcode")
    assert days_of(after([held], applicants(2, applicant(7, surname="Other"), built_on=day(2)))) == (
        day(0),
        day(2),
    )


def test_another_trainee_of_the_placement_is_known_since_then() -> None:
    first = after([], applicants(1, applicant(7), built_on=day(0)))
    swapped = msgspec.structs.replace(applicant(7), person_id=8)
    assert days_of(after(first, applicants(2, swapped, built_on=day(2)))) == (day(2), day(2))


def test_what_was_sent_keeps_its_days_and_what_is_newer_has_them_too() -> None:
    [record] = after([], applicants(1, applicant(7), built_on=day(0)))
    sent = msgspec.structs.replace(
        record, state=RecordState.EXPORTED, file="DE_EOE_APP_20261124_00000008.DAT", file_row=1
    )
    [found] = after([sent], applicants(2, applicant(7, surname="Other"), built_on=day(2)))
    assert (found.known_since, found.sound_since) == (day(0), day(0))
    assert found.newer is not None
    assert (found.newer.known_since, found.newer.sound_since) == (day(0), day(0))
