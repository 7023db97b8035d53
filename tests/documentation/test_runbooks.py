"""Each alarm and each cause of parking has a runbook that says what to do, and is reached from it."""

import re
from pathlib import Path

import pytest
from docgen.alarm_pages import page as alarms_page
from docgen.prometheus_rules import rules
from tests.documentation.pages import ROOT

from tis_esr.operations.alarms.catalogue import CATALOGUE
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.parked.catalogue import CATALOGUE as CAUSES
from tis_esr.operations.parked.catalogue import runbook
from tis_esr.parking_causes import ParkingCause

RUNBOOKS = ROOT / "docs" / "runbooks"


def sections(path: Path) -> dict[str, str]:
    """Return the text of each section of a page."""
    parts = re.split(r"^## ", path.read_text(), flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in parts}


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.id)
def test_the_runbook_of_an_alarm_says_what_it_means_whom_it_affects_and_what_to_do(kind: Kind) -> None:
    found = sections(RUNBOOKS / f"{kind.id}.md")
    assert list(found) == ["Meaning", "Who is affected", "What to do"]
    assert all(len(text) > 15 for text in found.values())
    assert found["What to do"].startswith("1. ")
    assert f"]({Path('..') / 'runbooks' / kind.id}.md)" in alarms_page()


def test_every_alert_names_a_runbook_that_is_there() -> None:
    named = {rule["annotations"]["runbook_url"].rpartition("}}/")[2] for rule in rules()}
    assert {ROOT / "docs" / name for name in named} == {RUNBOOKS / f"{kind.id}.md" for kind in CATALOGUE}


@pytest.mark.parametrize("cause", ParkingCause)
def test_the_runbook_of_a_cause_says_what_it_means_who_acts_and_what_to_do(cause: ParkingCause) -> None:
    text = (ROOT / runbook(cause)).read_text()
    for part in (CAUSES[cause].meaning, CAUSES[cause].who, CAUSES[cause].action, CAUSES[cause].retry):
        assert len(part) > 2
        assert part in text
    assert f"tis-esr parked list --cause {cause.value}\n" in text


def test_there_is_no_runbook_of_anything_else() -> None:
    alarms = {f"{kind.id}.md" for kind in CATALOGUE}
    causes = {f"{cause.value}.md" for cause in ParkingCause}
    assert {path.name for path in RUNBOOKS.glob("*.md")} == alarms
    assert {path.name for path in (RUNBOOKS / "parked").glob("*.md")} == causes | {"README.md"}
