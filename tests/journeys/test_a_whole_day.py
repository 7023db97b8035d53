"""A generated day through all six services ends in what its scenarios say, by hand, that it should."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.journeys.outcome import calls, documents, files

from tis_esr.commands.day import day
from tis_esr.settings import Settings
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.trusts import adopt
from tis_esr.simulation.tcs.server import Running, running_simulator

TODAY = date(2026, 11, 24)
SETTINGS = Settings(patience_seconds=20)


@dataclass
class Ended:
    folder: Path
    expected: dict[str, Any]
    documents: dict[str, Any]
    tcs: Running


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    folder = tmp_path_factory.mktemp("day")
    synthesize(deaneries=3, posts=150, seed=11, out=folder, as_of=TODAY)
    with running_simulator(folder / "tcs") as tcs:
        day(SETTINGS, folder / "in", folder / "out", tcs.url, TODAY, folder / "state")
        expected = msgspec.json.decode((folder / "expected.json").read_bytes())
        yield Ended(folder, expected, documents(folder / "state"), tcs)


def test_every_row_ends_in_the_state_that_its_scenario_says(ended: Ended) -> None:
    found = {
        name: {"rows": sum(states.values()), **{state.value: number for state, number in states.items()}}
        for name, states in ended.documents["rows"].items()
    }
    assert found == ended.expected["files"]


def test_positions_find_their_posts(ended: Ended) -> None:
    positions = ended.documents["reconciliation.positions"]
    found = {
        key: {"status": p.status, "postId": p.post_id, "deleted": p.deleted} for key, p in positions.items()
    }
    assert found == ended.expected["positions"]


def test_applicant_records_stand_where_they_should(ended: Ended) -> None:
    found = {key: record.state.value for key, record in ended.documents["dataexporter.applicants"].items()}
    assert found == ended.expected["applicants"]


def test_esr_is_told_who_is_now_and_who_is_next(ended: Ended) -> None:
    found: dict[str, int] = {}
    for record in ended.documents["dataexporter.notifications"].values():
        assert record.type == "1"
        assert record.state == "EXPORTED"
        found[str(record.position_id)] = found.get(str(record.position_id), 0) + 1
    assert found == {position: len(pairs) for position, pairs in ended.expected["notifications"].items()}
    about = {record.about for record in ended.documents["dataexporter.notifications"].values()}
    wanted = {
        f"{position}:1:now:{now}" if now else f"{position}:1:next:{then}"
        for position, pairs in ended.expected["notifications"].items()
        for now, then in pairs
    }
    assert about == wanted


def test_tis_is_told_of_every_position_and_every_export_once(ended: Ended) -> None:
    events = ended.tcs.simulator.store.post_events
    assert sorted([e["postId"], e["positionId"], e["status"]] for e in events) == ended.expected["esrChanged"]
    exported = ended.tcs.simulator.store.placement_events
    found = sorted([placement, event["positionId"]] for placement, of in exported.items() for event in of)
    assert found == sorted(ended.expected["esrExported"])


def test_people_are_changed_where_esr_knows_better_and_nowhere_else(ended: Ended) -> None:
    for kind, path in (("contact", "contact-details"), ("personal", "personal-details")):
        patched: dict[str, dict[str, Any]] = {}
        for call in ended.tcs.simulator.calls:
            if call["path"].startswith(f"/tcs/api/{path}"):
                changes = {name: value for name, value in call["body"].items() if name != "id"}
                patched.setdefault(str(call["body"]["id"]), {}).update(changes)
        assert patched == {person: fields for person, fields in ended.expected[kind].items() if fields}


def test_absences_are_created_and_changed_by_esrs_id(ended: Ended) -> None:
    writes = [call for call in ended.tcs.simulator.calls if call["path"].startswith("/tcs/api/absence")]
    assert len(writes) == len(ended.expected["absences"])
    for attendance, wanted in ended.expected["absences"].items():
        stored = ended.tcs.simulator.store.absence_with(attendance)
        assert stored is not None
        assert {name: stored[name] for name in wanted} == wanted


def test_every_update_has_left_a_journal_entry(ended: Ended) -> None:
    journal = ended.documents["inbounddatawriter.journal"].values()
    assert {entry.state.value for entry in journal} == {"APPLIED", "REFUSED"}
    applied = {
        (str(e.person_id), e.field, e.new) for e in journal if e.state == "APPLIED" and e.section == "contact"
    }
    wanted = {
        (p, name, new) for p, fields in ended.expected["contact"].items() for name, new in fields.items()
    }
    assert applied == wanted


def test_an_esr_that_shares_no_code_with_us_loads_every_row_that_it_is_sent(ended: Ended) -> None:
    esr = Esr()
    for name, content in files(ended.folder / "in").items():
        adopt(esr.holdings, name, content)
    taken = {name: esr.take(name, content, TODAY) for name, content in files(ended.folder / "out").items()}
    assert {name: received.quarantined for name, received in taken.items() if received.quarantined} == {}
    said = {outcome.text[:6] for received in taken.values() for outcome in received.outcomes}
    assert all(outcome.accepted for received in taken.values() for outcome in received.outcomes)
    assert said == {
        "",
        "DIT-52",
        "DIT-57",
    }  # warnings of people whom TIS has without a registration or a name
    sent = sum(1 for state in ended.expected["applicants"].values() if state == "EXPORTED")
    assert sum(len(of) for of in esr.holdings.applicants.values()) == sent


def test_files_are_named_by_the_run_order_and_its_counter(ended: Ended) -> None:
    names = sorted(files(ended.folder / "out"))
    assert names == [
        "DE_EMD_APP_20261124_00000001.DAT",
        "DE_EMD_DNC_20261124_00000001.DAT",
        "DE_KSS_APP_20261124_00000002.DAT",
        "DE_KSS_DNC_20261124_00000002.DAT",
        "DE_NTH_APP_20261124_00000003.DAT",
        "DE_NTH_DNC_20261124_00000003.DAT",
    ]


def test_the_same_day_again_changes_nothing(ended: Ended) -> None:
    before = files(ended.folder / "out"), calls(ended.tcs.simulator.calls)
    done, _ = day(
        SETTINGS, ended.folder / "in", ended.folder / "out", ended.tcs.url, TODAY, ended.folder / "state"
    )
    assert {taken.said for taken in done.taken} == {"already processed"}
    assert (files(ended.folder / "out"), calls(ended.tcs.simulator.calls)) == before
    assert documents(ended.folder / "state") == ended.documents


def test_files_in_another_order_end_in_the_same_positions(ended: Ended, tmp_path: Path) -> None:
    for name in sorted((path.name for path in (ended.folder / "in").iterdir()), reverse=True):
        one = tmp_path / name
        one.mkdir()
        (one / name).write_bytes((ended.folder / "in" / name).read_bytes())
        with running_simulator(ended.folder / "tcs") as tcs:
            day(SETTINGS, one, tmp_path / "out", tcs.url, TODAY, tmp_path / "state")
    positions = documents(tmp_path / "state")["reconciliation.positions"]
    assert positions == ended.documents["reconciliation.positions"]
