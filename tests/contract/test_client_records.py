"""One record that can't be read is isolated; what may be a change of TCS's contract holds, and parks nothing."""

from typing import Any

import pytest
from tests.contract.wires import InProcess, asking, replied

from tis_esr.engine.faults import PermanentError, TransientError
from tis_esr.services.tcs_error_meanings import fault_of
from tis_esr.tcs.client import Tcs
from tis_esr.tcs.tcs_errors import TcsError, TcsUnreadableError, TcsUnreadableRecordError
from tis_esr.tcs.wire import Reply


def person(person_id: Any, title: Any = "Dr") -> dict[str, Any]:
    return {"id": person_id, "contactDetails": {"id": 1, "title": title, "surname": "Specimen"}}


def placement(number: int, wte: Any = 0.5) -> dict[str, Any]:
    return {"id": number, "postId": 7, "wholeTimeEquivalent": wte}


async def people(tcs: Tcs, wire: InProcess, *answer: Any) -> TcsError | None:
    """Have TCS answer with these people; return the error that came of it."""
    wire.ends = [replied(200, list(answer))]
    try:
        await tcs.people([1])
    except TcsError as error:
        return error
    return None


async def test_one_unreadable_record_of_a_list_is_named_by_kind_id_and_field() -> None:
    wire = InProcess(replied(200, [person(50), person(51, 4711), person(52)]))
    async with asking(wire) as tcs:
        with pytest.raises(TcsUnreadableRecordError) as caught:
            await tcs.people([50, 51, 52])

    assert (caught.value.kind, caught.value.record_id, caught.value.field) == (
        "person",
        51,
        "contactDetails.title",
    )
    assert "person 51, which can't be read at contactDetails.title" in str(caught.value)
    assert "4711" not in str(caught.value)
    assert "Specimen" not in str(caught.value)
    assert len(wire.sent) == 1


async def test_it_is_a_permanent_fault_of_the_message_that_needs_it() -> None:
    async with asking(InProcess(replied(200, [person(50), person(51, 4711)]))) as tcs:
        with pytest.raises(TcsUnreadableRecordError) as caught:
            await tcs.people([50, 51])

    fault = fault_of(caught.value)
    assert isinstance(fault, PermanentError)
    assert "person 51" in str(fault)


async def test_a_record_that_reads_as_null_or_has_no_id_is_named_without_it() -> None:
    for bad, field in ((None, ""), ({"role": "x"}, "id"), ({"id": "fifty"}, "id")):
        async with asking(InProcess(replied(200, [person(50), bad]))) as tcs:
            with pytest.raises(TcsUnreadableRecordError) as caught:
                await tcs.people([50])
        assert (caught.value.record_id, caught.value.field) == (None, field)
        assert "fifty" not in str(caught.value)


async def test_a_page_of_placements_names_the_one() -> None:
    page = replied(200, [placement(1), placement(2, "half"), placement(3)], X_Total_Count="3")
    async with asking(InProcess(page)) as tcs:
        with pytest.raises(TcsUnreadableRecordError) as caught:
            await tcs.placements_of_posts([7])

    assert (caught.value.kind, caught.value.record_id, caught.value.field) == (
        "placement",
        2,
        "wholeTimeEquivalent",
    )


async def test_a_single_record_that_can_not_be_read_is_isolated_also_as_the_first_one_ever() -> None:
    wire = InProcess(replied(200, placement(2, "half")))
    async with asking(wire) as tcs:
        for _ in range(5):
            with pytest.raises(TcsUnreadableRecordError) as caught:
                await tcs.placement(2)

    assert (caught.value.record_id, caught.value.field) == (2, "wholeTimeEquivalent")
    assert isinstance(fault_of(caught.value), PermanentError)
    assert "half" not in str(caught.value)


async def test_an_object_without_an_id_is_no_record_but_the_answer_of_something_before_tcs() -> None:
    wire = InProcess(replied(200, {"message": "down for maintenance"}))
    async with asking(wire, attempts=1) as tcs:
        for number in (1, 2):
            with pytest.raises(TcsUnreadableError):
                await tcs.placement(number)


async def test_records_that_all_fail_at_one_field_are_a_change_of_the_contract() -> None:
    wire = InProcess()
    async with asking(wire, attempts=1) as tcs:
        assert await people(tcs, wire, person(49)) is None
        error = await people(tcs, wire, person(50, 1), person(51, 2), person(52, 3))

    assert isinstance(error, TcsUnreadableError)
    assert "field contactDetails.title can't be read" in str(error)
    assert isinstance(fault_of(error), TransientError)


async def test_records_that_fail_at_different_fields_are_single_ones() -> None:
    wire = InProcess()
    async with asking(wire, attempts=1) as tcs:
        errors = [await people(tcs, wire, person(50, 1), person(51, 2), {"id": 52, "role": 3})]
        errors.append(await people(tcs, wire, {"id": 53, "status": 4}))

    assert {type(error) for error in errors} == {TcsUnreadableRecordError}


async def test_single_records_that_fail_one_after_the_other_are_a_change_of_the_contract() -> None:
    answers = [replied(200, placement(1)), *(replied(200, placement(n, "half")) for n in (2, 3, 4, 5))]
    errors = []
    async with asking(InProcess(*answers), attempts=1) as tcs:
        await tcs.placement(1)
        for number in (2, 3, 4, 5):
            with pytest.raises(TcsError) as caught:
                await tcs.placement(number)
            errors.append(type(caught.value))

    assert errors == [
        TcsUnreadableRecordError,
        TcsUnreadableRecordError,
        TcsUnreadableError,
        TcsUnreadableError,
    ]


async def test_bad_values_of_a_field_that_other_records_leave_empty_stay_single() -> None:
    wire = InProcess()
    async with asking(wire, attempts=1) as tcs:
        errors = [await people(tcs, wire, person(n, n), person(90 + n, None)) for n in range(50, 60)]

    assert {type(error) for error in errors} == {TcsUnreadableRecordError}


async def test_a_readable_record_of_a_later_answer_ends_the_suspicion() -> None:
    wire = InProcess()
    async with asking(wire, attempts=1) as tcs:
        bad = [person(n, n) for n in (50, 51, 52)]
        errors = [type(await people(tcs, wire, *bad))]
        assert await people(tcs, wire, person(49)) is None
        errors += [type(await people(tcs, wire, one)) for one in bad]

    assert errors == [
        TcsUnreadableError,
        TcsUnreadableRecordError,
        TcsUnreadableRecordError,
        TcsUnreadableError,
    ]


async def test_bad_records_among_good_ones_stay_single_however_many_they_become() -> None:
    wire = InProcess()
    async with asking(wire, attempts=1) as tcs:
        errors = [await people(tcs, wire, person(n, n), person(49)) for n in range(50, 60)]

    assert {type(error) for error in errors} == {TcsUnreadableRecordError}


async def test_one_record_that_is_read_again_and_again_counts_once() -> None:
    wire = InProcess()
    async with asking(wire, attempts=1) as tcs:
        await people(tcs, wire, person(49))
        errors = [await people(tcs, wire, person(50, 1)) for _ in range(6)]

    assert {type(error) for error in errors} == {TcsUnreadableRecordError}


async def test_when_the_contract_is_back_everything_is_read_again() -> None:
    wire = InProcess()
    async with asking(wire, attempts=1) as tcs:
        await people(tcs, wire, person(49))
        assert isinstance(await people(tcs, wire, *(person(n, n) for n in range(3))), TcsUnreadableError)
        assert await people(tcs, wire, *(person(n) for n in range(3))) is None
        assert isinstance(await people(tcs, wire, person(50, 1)), TcsUnreadableRecordError)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>", id="a page"),
        pytest.param(b'[{"id": 5', id="cut"),
        pytest.param('[{"id": 5}]'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'[{"id": 5, "role": "M\xfcller"}]', id="Latin-1"),
        pytest.param(b'[{"id": 5, "x": ' + b"[" * 100_000, id="deep"),
        pytest.param(b"[" * 100_000, id="deeper"),
        pytest.param(b'{"content": []}', id="no list"),
        pytest.param(b'"text"', id="a text"),
    ],
)
async def test_what_is_no_list_in_json_is_transient_also_when_records_were_read_before(body: bytes) -> None:
    wire = InProcess(replied(200, [person(50)]), Reply(200, {}, body))
    async with asking(wire, attempts=1) as tcs:
        await tcs.people([50])
        with pytest.raises(TcsUnreadableError):
            await tcs.people([50])


async def test_current_posts_are_read_page_by_page_until_one_is_not_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tis_esr.tcs.client.PAGE_SIZE", 2)
    wire = InProcess(
        replied(
            200, [{"id": 1, "nationalPostNumber": "EOE/RX1/1/STR/1", "currentTraineeSurname": "x"}, {"id": 2}]
        ),
        replied(200, [{"id": 3, "primarySpecialtyName": "Invented Medicine"}]),
    )
    async with asking(wire) as tcs:
        pages = [page async for page in tcs.current_posts('EOE/"RX1"/')]
    assert [[post.id for post in page] for page in pages] == [[1, 2], [3]]
    assert "Surname" not in repr(pages)
    first, second = [path for _, path in wire.sent]
    assert "searchQuery=%22EOE%2F%5C%22RX1%5C%22%2F%22" in first
    assert "columnFilters=%7B%22status%22%3A%5B%22CURRENT%22%5D%7D" in first
    assert ("&page=0&size=2" in first, "&page=1&size=2" in second) == (True, True)
