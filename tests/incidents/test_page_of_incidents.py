"""Each incident has a test and its three lines in the documentation, and names alarms of the catalogue alone."""

import re
from pathlib import Path

from tis_esr.operations.alarms.catalogue import BY_ID

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "explanation" / "incidents.md").read_text()
LINES = ("Then", "Now", "Noticed")


def test_each_incident_has_a_test_and_three_lines() -> None:
    tested = {int(path.name[6:8]) for path in HERE.glob("test_a[0-9][0-9]_*.py")}
    assert tested == set(range(1, 24))
    told = dict(re.findall(r"^\*\*A(\d+): [^\n]+\*\*\n\n((?:- [^\n]+\n){3})", PAGE, re.MULTILINE))
    assert {int(number) for number in told} == tested
    for number, lines in told.items():
        assert tuple(re.findall(r"^- (\w+):", lines, re.MULTILINE)) == LINES, number


def test_the_page_names_alarms_of_the_catalogue() -> None:
    named = set(re.findall(r"`([a-z-]+)`", PAGE))
    assert named
    assert named <= BY_ID.keys()
