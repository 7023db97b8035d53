"""A person's data is exported whole, and erased from everything but what is said to be kept, and why. On both engines."""

import json
import re
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, TODAY, Small, por, small_world

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.audit.trail import entries
from tis_esr.operations.composition import reader_of
from tis_esr.operations.person.subject import SEARCHED
from tis_esr.simulation.days.generated_world import World

GMC = "7200001"
SURNAME, FORENAME, NEW_SURNAME = "Vanishova-Specimen", "Testessa", "Vanishnew-Specimen"
EMAIL, NEW_EMAIL = "testessa@vanishova.invalid", "new@vanishova.invalid"
STREET, NINO, BORN = "99 Erasure Lane", "ZZ998877A", "1984-12-30"
SECRETS = (GMC, "Vanishova", "Vanishnew", FORENAME, "vanishova.invalid", "Erasure Lane", NINO, BORN)
APC = "DE_EOE_APC_20261124_00000008.DAT"
LATER = 110
"""Days until the placement is over and another trainee is in the post."""


def build(world: World) -> None:
    post = world.post("EOE", npn=NPN)
    theirs = world.person(
        surname=SURNAME, legalSurname=SURNAME, forenames=FORENAME, legalForenames=FORENAME, email=EMAIL,
        address1=STREET, nationalInsuranceNumber=NINO, dateOfBirth=BORN,
    )  # fmt: skip
    world.placement(post, theirs, 30, 100)
    world.placement(post, world.person(), 101, 400)


@dataclass
class Lived:
    """The program after two days, and the world that they were in."""

    called: Program
    small: Small

    def day(self, number: int, *rows: str, answers: tuple[str, ...] = ()) -> None:
        self.small.file(por(), *rows, day_number=number)
        if answers:
            place = self.small.folder / "in" / APC
            place.write_text("\n".join([*answers, f"TRL,{len(answers)}"]) + "\n")
        day = TODAY + timedelta(days=number)
        folders = "--in", self.small.folder / "in", "--out", self.small.folder / "out"
        said = self.called("day", *folders, "--tcs", self.small.tcs.url, "--as-of", day)
        assert said.code in {0, 1}, said.text

    def person(self, *words: object, number: int = 1, code: int | None = None) -> Said:
        day = TODAY + timedelta(days=number)
        said = self.called("person", *words, "--gmc", GMC, "--why", "ticket 4711", "--as-of", day)
        assert code is None or said.code == code, said.text
        return said

    def erased(self, *words: object, number: int = 1) -> dict[str, Any]:
        found: dict[str, Any] = self.person("erase", "--json", *words, number=number).json
        return found

    def reader(self) -> Reader:
        return reader_of(self.called.read_settings())

    def with_secrets(self) -> set[tuple[str, str]]:
        """Return the documents, rows and messages, by collection and key, in which anything of the person is."""
        with closing(self.reader()) as reader:
            texts = [
                (collection.name, str(collection.key(document)), msgspec.json.encode(document).decode())
                for collection in ALL_COLLECTIONS
                for document in reader.find(collection, {})
            ]
            names = [path.name for path in (self.small.folder / "in").iterdir()]
            rows = reader.rows([(name, number) for name in names for number in range(20)])
        texts += [("rows", f"{row.file}:{row.row}", row.reason) for row in rows]
        return {(name, key) for name, key, text in texts if any(secret in text for secret in SECRETS)}


@pytest.fixture(params=ENGINES)
def lived(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lived]:
    with small_world(tmp_path, build) as small:
        here = Lived(program(request.param, tmp_path), small)
        here.day(0, *assignment())
        store = small.tcs.simulator.store
        store.placements[1_900_001]["dateTo"] = str(TODAY + timedelta(days=95))
        answer = f'APC,"{NPN}",SUCCESS,"WARNING","{SURNAME} is known already","A1",5,1,1001,1'
        here.day(1, answers=(answer,))
        yield here


def assignment() -> list[str]:
    details = f'"{NINO}","{NEW_SURNAME}","{FORENAME}","","","DR","F"'
    return [
        f'ASG,1,"","C",1,"","",,,"{NPN}","Lead Employer"',
        f'PER,1,"","C","","",{details},19841230,"","07700 900777","","","","{NEW_EMAIL}"',
        f'PBD,1,"","C","General Medical Council","{GMC}",',
    ]


def test_an_export_has_everything_that_is_stored_about_a_person_and_is_audited(
    lived: Lived, tmp_path: Path
) -> None:
    place = tmp_path / "person.json"
    lived.person("export", "--out", place, code=0)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    found = json.loads(place.read_text())
    stored = {name for name, _ in lived.with_secrets()}
    assert stored <= found["collections"].keys()
    text = place.read_text()
    assert all(secret in text for secret in SECRETS)
    [record] = found["collections"]["dataexporter.applicants"]
    assert (record["fields"]["lastName"], record["answers"][0]["text"]) == (
        NEW_SURNAME,
        f"{SURNAME} is known already",
    )
    with closing(lived.reader()) as reader:
        [entry] = entries(reader, act="person.export")
    assert entry.on == [f"request {found['request']}", "TIS person 200001"]
    assert entry.why == "ticket 4711"
    again = lived.person("export", "--out", place, code=2)
    assert f"--out: {place}: it exists; name a new file" in again.text


def test_what_is_still_needed_is_kept_with_the_reason_and_nothing_else_is_left(lived: Lived) -> None:
    before = lived.with_secrets()
    planned = lived.erased("--dry-run")
    assert lived.with_secrets() == before
    done = lived.erased()
    assert {**done, "request": "", "dry_run": True} == {**planned, "request": ""}
    kept = {(one["collection"], one["key"]): one["reason"] for one in done["kept"]}
    left = lived.with_secrets()
    assert left <= kept.keys()
    assert left
    assert "inbounddatawriter.journal" not in {name for name, _ in left}
    assert set(kept.values()) == {
        "its placement has not ended: TIS still has it, and ESR is sent its changes"
    }
    text = lived.person("erase", code=1).text
    assert "(until 4 Mar 2027)" in text


def test_after_the_placement_nothing_personal_is_left_anywhere(lived: Lived) -> None:
    lived.day(LATER)
    done = lived.erased(number=LATER)
    assert done["kept"] == []
    assert lived.with_secrets() == set()
    assert done["erased"].keys() >= {
        "appgenerator.decisions",
        "dataexporter.applicants",
        "dataexporter.notifications",
        "inbounddatawriter.journal",
    }
    with closing(lived.reader()) as reader:
        [entry] = entries(reader, act="person.erase")
    assert not any(secret in str(entry) for secret in SECRETS)
    assert entry.result.startswith("erased ")
    lived.day(LATER + 1)
    assert lived.with_secrets() == set()
    why = lived.called("why", "placement:1900001", "--as-of", TODAY + timedelta(days=LATER + 1))
    assert "was sent to ESR on 24 Nov 2026" in why.text
    gone = lived.person("erase", number=LATER + 1, code=1)
    assert "Nothing is stored about a person with this GMC number." in gone.text


def test_the_number_of_an_unknown_person_is_taken_out_of_the_reasons_of_rows(lived: Lived) -> None:
    lived.small.tcs.simulator.store.people.pop(200_001)
    lived.small.tcs.simulator.store.put_person({"id": 999, "gmcDetails": {"id": 999, "gmcNumber": "7200999"}})
    lived.day(2, *assignment())
    assert any(name == "rows" for name, _ in lived.with_secrets())
    assert lived.erased(number=2)["erased"]["rows"] >= 1
    assert not any(name == "rows" for name, _ in lived.with_secrets())


def test_a_message_about_the_person_that_waits_is_named_at_each_erasure(lived: Lived) -> None:
    name = lived.small.file(*assignment())
    assert lived.called("ingest", lived.small.folder / "in" / name).code == 0
    waits = "1 message about the person waits; erase again once it is handled."
    for _ in range(2):
        assert waits in lived.person("erase", code=1).text.splitlines()
    lived.day(2)
    assert waits not in lived.person("erase", number=2).text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("person",), "Missing argument"),
        (("person", "forget", "--gmc", GMC, "--why", "x"), "'forget' is not one of"),
        (("person", "erase", "--gmc", GMC), "Missing option '--why'"),
        (("person", "erase", "--gmc", "72", "--why", "x"), "--gmc: is not a GMC number of seven digits"),
        (("person", "erase", "--gmc", GMC, "--why", " "), "--why: give the reason"),
        (("person", "erase", "--gmc", GMC, "--why", f"of {GMC}"), "--why: leave the GMC number out of it"),
        (("person", "export", "--gmc", GMC, "--why", "x"), "--out: name the file to write"),
        (
            ("person", "erase", "--gmc", GMC, "--why", "x", "--out", "y"),
            "--out: is for tis-esr person export",
        ),
        (
            ("person", "export", "--gmc", GMC, "--why", "x", "--out", "y", "--json"),
            "--json: is for tis-esr person erase",
        ),
        (
            ("person", "export", "--gmc", GMC, "--why", "x", "--out", "/nowhere/y"),
            "--out: /nowhere/y: No such file",
        ),
    ],
)
def test_mistakes_are_reported_in_one_line(tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    called = program("embedded", tmp_path)
    (tmp_path / "state.sqlite").touch()
    said = called(*words)
    assert said.code == 2
    assert expected in said.text


def test_every_collection_with_personal_data_is_searched() -> None:
    from docgen.data_notes import NOTES

    harmless = re.compile("none(?!, but)|ids|names of users")
    personal = {name for name, (_, data) in NOTES.items() if not harmless.match(data)}
    assert personal <= {collection.name for collection in SEARCHED}
