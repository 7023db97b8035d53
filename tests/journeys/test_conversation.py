"""Three days of conversation with an ESR that shares no code with us: what each side holds agrees, on both engines."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.journeys.conversation import Conversation, conversation, position
from tests.journeys.program import ENGINES
from tests.journeys.small_world import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.operations.beliefs import beliefs
from tis_esr.services.data_exporter.outbound import RecordState
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.esr.behaviour import Behaviour
from tis_esr.simulation.esr.esr_state import Outcome
from tis_esr.simulation.esr.trusts import Change, change

MOVED, GONE, END_DATED, UNREGISTERED, BUCKET, TWO_EMPLOYERS = range(1, 7)
HOST = 16
NEW = 1_900_901


def npn(number: int) -> str:
    return f"EOE/RX1/800/STR/{number:03d}"


def build(world: World) -> None:
    """Post n with position n: one to come in each, 45 in the bucket."""
    for number in range(1, 7):
        post = world.post("EOE", npn=npn(number))
        for _ in range(45 if number == BUCKET else 1):
            person = world.person(gmcNumber=None) if number == UNREGISTERED else world.person()
            world.placement(post, person, 20 + number, 200)


def positions() -> list:
    return [
        *(position(number, npn(number)) for number in range(1, 7)),
        position(HOST, npn(TWO_EMPLOYERS), host=True),
    ]


@pytest.fixture(scope="module", params=ENGINES)
def held(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    with conversation(request.param, tmp_path_factory.mktemp("conversation"), build, positions()) as talk:
        talk.morning(0)
        talk.run(0)
        tomorrow = TODAY + timedelta(days=1)
        change(talk.esr.holdings, [Change(END_DATED, deleted=True)], tomorrow)
        talk.evening(0)
        change(talk.esr.holdings, [Change(MOVED), Change(GONE), Change(BUCKET)], tomorrow)
        store = talk.small.tcs.simulator.store
        store.placements[1_900_001]["dateFrom"] = "2027-01-04"
        store.remove_placement(1_900_002)
        store.put_placement(
            {**store.placements[1_900_001], "id": NEW, "dateFrom": "2027-01-11", "traineeId": 200_004}
        )
        talk.day(1)
        talk.day(2)
        yield talk


def test_what_we_hold_of_every_row_is_what_esr_made_of_it(held: Conversation) -> None:
    records = [*held.applicants.values(), *held.notifications.values()]
    sent = [record for record in records if record.file]
    assert len(sent) > 100
    for record in sent:
        outcome = held.outcome(record)
        assert outcome is not None, record.key
        assert record.state == ("CONFIRMED" if outcome.accepted else "REJECTED"), record.key
        [answer] = record.answers
        assert (answer.kind, answer.text, answer.applicant_number) == (
            outcome.kind, outcome.text, outcome.applicant,
        )  # fmt: skip


def test_esr_loads_every_applicant_but_the_one_whose_position_it_ended_that_evening(
    held: Conversation,
) -> None:
    states = Counter(record.state.value for record in held.applicants.values())
    assert states == {"CONFIRMED": 51, "REJECTED": 1}
    [rejected] = [r for r in held.applicants.values() if r.state is RecordState.REJECTED]
    assert (rejected.position_id, rejected.answers[0].text) == (
        END_DATED, f"DIT-03: Position {END_DATED} is end dated",
    )  # fmt: skip
    assert sum(len(of) for of in held.esr.holdings.applicants.values()) == 51


def test_esr_quarantines_nothing_of_ours(held: Conversation) -> None:
    assert {name: f.quarantined for name, f in held.esr.holdings.files.items() if f.quarantined} == {}
    bucket = [r for r in held.applicants.values() if r.position_id == BUCKET]
    assert sorted(Counter(record.file for record in bucket).values()) == [5, 40]


def test_new_dates_in_tis_become_esrs_dates(held: Conversation) -> None:
    starts = {a.person: (a.start, a.withdrawn) for a in held.esr.holdings.applicants[MOVED]}
    assert starts["7200001"] == (date(2027, 1, 4), False)


def test_a_placement_deleted_in_tis_is_withdrawn_in_esr(held: Conversation) -> None:
    [applicant] = held.esr.holdings.applicants[GONE]
    assert applicant.withdrawn
    assert held.esr.holdings.incumbents[GONE].pairs == [("", "")]


def test_a_placement_that_is_new_in_tis_is_an_applicant_in_esr(held: Conversation) -> None:
    record = held.applicants[f"{NEW}:{MOVED}"]
    assert record.state is RecordState.CONFIRMED
    assert (record.file or "")[11:19] == "20261125"


def test_lead_and_host_employer_both_have_the_applicant(held: Conversation) -> None:
    people = [[a.person for a in held.esr.holdings.applicants[p]] for p in (TWO_EMPLOYERS, HOST)]
    assert people[0] == people[1] != []


def test_a_warning_is_kept_and_told(held: Conversation) -> None:
    [record] = [r for r in held.applicants.values() if r.position_id == UNREGISTERED]
    assert record.answers[0].is_warning
    said = held.program("why", record.placement_id, "--as-of", "2026-11-26").text
    assert "ESR accepted it with a warning" in said
    assert "No professional registration number" in said


def test_esr_is_told_who_is_next_in_every_live_position(held: Conversation) -> None:
    live = {p.id for p in held.esr.holdings.positions.values() if not p.deleted}
    assert held.esr.holdings.incumbents.keys() == live


def test_what_each_side_believes_agrees_and_where_it_does_not_it_is_said(tmp_path: Path) -> None:
    """What the demo ends with, on a state of its own: TIS changes after ESR was told, and nobody has said so yet."""
    with conversation("embedded", tmp_path, build, positions()) as talk:
        for number in range(3):
            talk.day(number)
        store, today = talk.small.tcs.simulator.store, TODAY + timedelta(days=2)

        def differences() -> list[str]:
            with talk.reader() as reader:
                return beliefs(reader, store, talk.esr, today, ApplicantWindow()).differences

        assert differences() == []
        store.placements[1_900_001]["dateTo"] = "2027-07-31"
        [record] = [r for r in talk.applicants.values() if r.key == "1900002:2"]
        talk.esr.holdings.applicants[GONE][0].withdrawn = True
        talk.esr.holdings.files[record.file or ""].outcomes[2] = Outcome(
            row=3, accepted=False, kind="ERROR", text=""
        )
        assert differences() == [
            "1900003:3 is CONFIRMED here, and REJECTED in ESR",
            "1900001:1:200001 is 2026-12-15 to 2027-07-31 in TIS, and 2026-12-15 to 2027-06-12 in ESR",
            "1900002:2:200002 starts 2026-12-16 in TIS, and is withdrawn in ESR",
        ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(rejected=0.3, warned=0.3, late=0.5, twice=1, escapes_quotes=False),
        Behaviour(rejected=0.3, cut=1),
    ],
    ids=["late and twice", "cut"],
)
def test_answers_that_come_late_twice_or_cut_end_in_the_same(
    engine: str, behaviour: Behaviour, tmp_path: Path
) -> None:
    with conversation(engine, tmp_path, build, positions(), behaviour) as talk:
        for number in range(4):
            talk.day(number)
        sent = [r for r in [*talk.applicants.values(), *talk.notifications.values()] if r.file]
        found = Counter((r.state.value, o.accepted) for r in sent if (o := talk.outcome(r)) is not None)
        assert set(found) == {("CONFIRMED", True), ("REJECTED", False)}
        assert found.total() == len(sent)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_quarantined_file_is_never_answered_and_why_says_that_it_is_overdue(
    engine: str, tmp_path: Path
) -> None:
    with conversation(engine, tmp_path, build, positions()) as talk:
        talk.spoilt.add("DE_EOE_APP_20261124_00000008.DAT")
        for number in range(3):
            talk.day(number)
        first = [r for r in talk.applicants.values() if (r.file or "").endswith("_20261124_00000008.DAT")]
        assert {r.state.value for r in first} == {"EXPORTED"}
        said = talk.program("why", 1_900_001, "--as-of", "2026-11-26").text
        assert "ESR has not answered, and the answer is overdue" in said
        assert "ask ESR whether it received the file or quarantined it" in said


def twice_in_tis(world: World) -> None:
    """Two records of one person in TIS, both with a placement in post 1 from the same day on."""
    post = world.post("EOE", npn=npn(1))
    for _ in range(2):
        world.placement(post, world.person(gmcNumber="7200001"), 30, 200)
    world.placement(post, world.person(), 30, 200)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_esr_would_quarantine_a_file_for_is_held_back_and_told(engine: str, tmp_path: Path) -> None:
    with conversation(engine, tmp_path, twice_in_tis, [position(1, npn(1))]) as talk:
        said = talk.day(0)
        assert said.code == 1
        assert "Records held back: ESR would not load them: 1 (placement:position 1900002:1)" in said.text
        assert {name: f.quarantined for name, f in talk.esr.holdings.files.items() if f.quarantined} == {}
        why = talk.program("why", 1_900_002, "--as-of", "2026-11-24").text
        assert (
            "was held back: TIS has the same person twice, as 200002 and 200001: placement 1900001 brings them to the"
            " same position on the same day; ESR would reject it, or quarantine the whole file" in why
        )
        assert "Who must act: the local office, in TIS: correct it in TIS" in why
        assert talk.day(1).code == 0
        assert {key: r.state.value for key, r in talk.applicants.items()} == {
            "1900001:1": "CONFIRMED", "1900002:1": "INVALID_DATA", "1900003:1": "CONFIRMED",
        }  # fmt: skip
