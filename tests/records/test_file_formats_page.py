"""The page that the NHS side reads says what the code does, and what of it is ours."""

import re
from pathlib import Path

import pytest

from tis_esr.records.file_names import FILE_TYPES
from tis_esr.records.record_types import LAYOUTS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "file-formats.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", PAGE, re.MULTILINE | re.DOTALL))
TABLES = {
    record_type: [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in section.splitlines()
        if line.startswith("|")
    ]
    for record_type, section in SECTIONS.items()
}

PUBLIC = {
    "POR": set(range(2, 14)),
    "POS": set(range(2, 17)),
    "PER": {7, 8, 9, 12, 13, 14, 16, 17, 20, 21, 31, 32, 33},
    "ADD": {7, 8, 9, 10, 11, 12, 13},
    "ABS": {5, 6, 7, 8},
}
"""The numbers of the columns that a public source states; every other column is ours."""


def test_the_page_has_every_layout_in_their_order() -> None:
    assert list(SECTIONS) == list(LAYOUTS)


@pytest.mark.parametrize("record_type", LAYOUTS)
def test_a_layout_stands_on_the_page_column_by_column(record_type: str) -> None:
    heading, rule, first, *rows = TABLES[record_type]
    assert heading == ("#", "column", "type", "mandatory", "code")
    assert set(rule) == {"---"}
    assert first == ("1", f"`{record_type}`", "", "yes", "")
    assert [
        (number, name.removesuffix("*"), kind, needed, code) for number, name, kind, needed, code in rows
    ] == [
        (str(number), f"`{column.name}`", str(column), "yes" if column.mandatory else "", column.code)
        for number, column in enumerate(LAYOUTS[record_type].columns, 2)
    ]


@pytest.mark.parametrize("record_type", LAYOUTS)
def test_what_no_public_source_states_is_marked_as_ours(record_type: str) -> None:
    unmarked = {int(number) for number, name, *_ in TABLES[record_type][3:] if not name.endswith("*")}
    assert unmarked == PUBLIC.get(record_type, set())


def test_the_page_names_every_type_of_file() -> None:
    named = re.search(r"^## Names\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    assert named is not None
    assert set(re.findall(r"\b[A-Z]{3}\b", named[1])) - {"DAT"} == set(FILE_TYPES)
