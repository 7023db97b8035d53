"""Each refusal of a person's details is said with its column and reason, and who must act; never with a value."""

import msgspec
import pytest

from tis_esr.decisions.person_refusals import Refusal
from tis_esr.decisions.who import Who
from tis_esr.operations.why.of_updates import of_updates
from tis_esr.services.inbound_data_writer.person_journal import JournalEntry, Outcome

ROW = "DE_EOE_RMC_20261124_00000101.DAT:3"


def entry(column: str, code: str = "", reason: str = "", section: str = "contact") -> JournalEntry:
    state = Outcome.REFUSED if code else Outcome.APPLIED
    why = reason or (Refusal(code).text if code else "")
    return JournalEntry(
        correlation_id=ROW,
        row=4,
        person_id=1,
        gmc_number="7000001",
        section=section,
        field=column,
        old="Oldvalue",
        new="Newvalue",
        state=state,
        reason=why,
        code=code,
        column=column,
    )


@pytest.mark.parametrize(
    ("code", "who"),
    [
        ("LOST_LETTERS", Who.TRUST),
        ("NOT_PLAIN_LETTERS", Who.TRUST),
        ("IMPLAUSIBLE_DATE", Who.TRUST),
        ("NO_CODE", Who.SUPPORT),
        ("REFUSED_BY_TCS", Who.SUPPORT),
        ("ABSENCE_DELETED", Who.LOCAL_OFFICE),
        ("HOST_EMPLOYER", Who.NOBODY),
        ("SUPERSEDED", Who.NOBODY),
    ],
)
def test_who_must_act_follows_from_the_reason(code: str, who: Who) -> None:
    [answer] = of_updates([entry("lastName", code)])
    assert answer.who is who
    assert bool(answer.action) is (who is not Who.NOBODY)
    assert answer.correlation_ids == [ROW]


def test_columns_with_one_reason_are_one_sentence() -> None:
    [answer] = of_updates([entry("lastName", "LOST_LETTERS"), entry("address1", "LOST_LETTERS")])
    assert answer.sentence == (
        "was not applied: column lastName, column address1: "
        "the value lost letters before it reached us (it contains � or ¿)"
    )


def test_a_deleted_absence_is_named() -> None:
    [answer] = of_updates([entry("changeDeleteIndicator", "ABSENCE_DELETED", section="absence A1")])
    assert answer.sentence == (
        "was not applied: absence A1: ESR deleted the absence; TCS cannot delete one, so TIS keeps it"
    )


def test_what_was_repaired_is_said() -> None:
    answers = of_updates([entry("lastName", reason="repaired: typographic apostrophe"), entry("firstName")])
    assert [answer.sentence for answer in answers] == [
        "were updated from ESR: firstName, lastName",
        "were repaired before they were sent to TIS: lastName (repaired: typographic apostrophe)",
    ]


def test_no_value_is_shown() -> None:
    answers = of_updates([entry("lastName", "LOST_LETTERS"), entry("firstName", reason="repaired: blanks")])
    assert not any("Oldvalue" in answer.sentence or "Newvalue" in answer.sentence for answer in answers)


def test_entries_of_an_earlier_version_have_no_code_and_are_still_told() -> None:
    [answer] = of_updates([msgspec.structs.replace(entry("lastName", "NO_CODE"), code="")])
    assert answer.sentence == "was not applied: column lastName: TIS has no value for ESR's code"


def test_the_rows_are_named_and_of_many_the_first_three() -> None:
    def rows(*numbers: int) -> str:
        entries = [msgspec.structs.replace(entry("lastName", "LOST_LETTERS"), row=n) for n in numbers]
        [answer] = of_updates(entries)
        return answer.about

    file = "DE_EOE_RMC_20261124_00000101.DAT"
    assert rows(4, 4) == f"An update from ESR ({file}, row 4)"
    assert rows(4, 5, 6, 7, 8) == (
        f"An update from ESR ({file}, row 4; {file}, row 5; {file}, row 6; and 2 more)"
    )
