"""What an erasure kept is found again by a later one, also once nothing else of the person is left. On both engines."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.operations.applicant_records import EXPORTER, POST, record
from tests.services.bench import FILE, Bench, Benches, message
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.protocol import Commit
from tis_esr.operations.person.erasing import Erasure, erase
from tis_esr.operations.person.kept import Kept, KeptReason
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    NotificationRecord,
    RecordState,
)

GMC = "7200001"


def notification(about: str, **fields: Any) -> NotificationRecord:
    return NotificationRecord(
        position_id=1,
        deanery="EOE",
        deanery_number=POST,
        state=RecordState.TO_EXPORT,
        fields=fields,
        built_on=TODAY,
        correlation_id=f"{FILE}:2",
        source_file=FILE,
        source_row=2,
        about=about,
        number=1,
        type="1",
    )


async def erased(bench: Bench) -> Erasure:
    work = bench.runner.work()
    with_reader = bench.reader()
    try:
        done = await erase(work, bench.runner.work, with_reader, GMC, TODAY)
    finally:
        with_reader.close()
    await work.commit()
    return done


async def test_a_notification_that_was_kept_is_erased_once_it_was_sent(benches: Benches) -> None:
    over = record(1, TODAY - timedelta(days=300), gmc_number=GMC, state=RecordState.EXPORTED)
    pending = notification(
        "1:next", nextAppointmentTraineeGmcNumber=GMC, nextAppointmentTraineeLastName="Specimen"
    )
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, over)
        await bench.keep(NOTIFICATIONS, pending)
        first = await erased(bench)
        assert first.erased == {APPLICANTS.name: 1}
        assert [one.key for one in first.kept] == ["1:next#1"]
        await bench.keep(NOTIFICATIONS, msgspec.structs.replace(pending, state=RecordState.EXPORTED))
        again = await erased(bench)
        assert again.erased == {NOTIFICATIONS.name: 1}
        assert again.is_complete
        [left] = (await bench.all(NOTIFICATIONS)).values()
    assert left.fields == {}


async def test_a_notification_of_a_person_without_any_applicant_is_erased(benches: Benches) -> None:
    sent = notification("1:current", currentTraineeGmcNumber=GMC, currentTraineeLastName="Specimen")
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(NOTIFICATIONS, msgspec.structs.replace(sent, state=RecordState.EXPORTED))
        done = await erased(bench)
    assert done.known
    assert done.erased == {NOTIFICATIONS.name: 1}


async def test_a_parked_message_that_has_the_number_is_kept_whatever_else_is_stored(benches: Benches) -> None:
    assignment = message("esr.queue.asg.split", "theirs", {"registration": GMC})
    other = message("esr.queue.asg.split", "others", {"registration": "7200002"}, row=9)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.engine.commit(
            Commit(parked=[(one, "no such person", ParkingCause.OTHER) for one in (assignment, other)])
        )
        done = await erased(bench)
    assert (done.known, done.erased) == (True, {})
    assert done.kept == [
        Kept(collection=assignment.queue, key=assignment.id, reason=KeptReason.PARKED_MESSAGE)
    ]


async def test_messages_about_a_person_that_wait_are_found_and_counted_until_they_are_handled(
    benches: Benches,
) -> None:
    over = record(1, TODAY - timedelta(days=300), gmc_number=GMC, state=RecordState.EXPORTED)
    theirs = [message(f"esr.queue.{queue}", "theirs", {"gmcNumber": GMC}, row=8) for queue in WAITING_IN]
    others = [
        message("esr.queue.asg.split", number, {"gmcNumber": f"720000{number}"}, row=9) for number in (2, 3)
    ]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, over)
        await bench.send(*theirs, *others)
        first, again = await erased(bench), await erased(bench)
        assert (first.erased, again.erased) == ({APPLICANTS.name: 1}, {})
        for done in (first, again):
            assert (done.known, done.waiting) == (True, 2)
            assert sorted((one.collection, one.key, one.reason) for one in done.kept) == sorted(
                (one.queue, one.id, KeptReason.WAITING_MESSAGE) for one in theirs
            )
        await bench.engine.commit(Commit(done=await bench.claimed(*theirs)))
        last = await erased(bench)
        assert (last.known, last.waiting, last.kept) == (False, 0, [])


async def test_of_very_many_messages_about_a_person_only_so_many_are_named(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tis_esr.operations.person.messages.MOST_WAITING", 3)
    many = [message("esr.queue.asg.split", number, {"registration": GMC}) for number in range(5)]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.send(*many)
        assert (await erased(bench)).waiting == 3


WAITING_IN = ("asg.split", "apprecord.generated")
TWO = {
    "currentTraineeGmcNumber": GMC,
    "currentTraineeLastName": "Specimen",
    "nextAppointmentTraineeGmcNumber": "7200002",
    "nextAppointmentTraineeLastName": "Sample",
    "nextAppointmentTraineeEmailAddress": "sample@sample.invalid",
}
OTHER = {name: value for name, value in TWO.items() if name.startswith("next")}


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        ({}, OTHER),
        ({"currentTraineeGmcNumber": None}, {**OTHER, "currentTraineeGmcNumber": None}),
        ({"currentTraineeGmcNumber": "7200003"}, {**TWO, "currentTraineeGmcNumber": "7200003"}),
    ],
)
async def test_of_two_trainees_of_a_notification_only_the_one_who_is_erased_is_blanked(
    benches: Benches, changed: dict[str, Any], left: dict[str, Any]
) -> None:
    over = record(1, TODAY - timedelta(days=300), gmc_number=GMC, state=RecordState.EXPORTED)
    sent = msgspec.structs.replace(
        notification(f"1:1:now:{over.placement_id}", **{**TWO, **changed}),
        state=RecordState.EXPORTED,
        placements=[over.placement_id, 77],
    )
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, over)
        await bench.keep(NOTIFICATIONS, sent)
        await erased(bench)
        await erased(bench)
        [found] = (await bench.all(NOTIFICATIONS)).values()
    assert {name: value for name, value in found.fields.items() if value} == {
        name: value for name, value in left.items() if value
    }


@pytest.mark.parametrize(("kind", "place"), [("2", "withdrawnTrainee"), ("4", "currentTrainee")])
async def test_what_was_said_of_the_person_with_a_number_that_tis_corrected_later_is_blanked(
    benches: Benches, kind: str, place: str
) -> None:
    """Its subject is the person, not the number."""
    over = record(1, TODAY - timedelta(days=300), gmc_number=GMC, state=RecordState.EXPORTED)
    before = {f"{place}GmcNumber": "7200003", f"{place}LastName": "Specimen"}
    sent = msgspec.structs.replace(
        notification(f"1:sent:{over.placement_id}:{over.person_id}", **before),
        state=RecordState.EXPORTED,
        type=kind,
    )
    other = msgspec.structs.replace(sent, about=f"1:sent:{over.placement_id}:99")
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, over)
        await bench.keep(NOTIFICATIONS, sent, other)
        await erased(bench)
        found = await bench.all(NOTIFICATIONS)
    assert found[sent.key].fields == {}
    assert found[other.key].fields == before
