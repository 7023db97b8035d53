"""The page that the NHS side reads says what the code does."""

import re
from pathlib import Path

from tis_esr.records.catalogue import LAYOUTS

PAGE = (Path(__file__).parents[2] / "docs" / "file-formats.md").read_text()


def test_every_layout_stands_on_the_page_column_by_column() -> None:
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^### |\Z)", PAGE, re.MULTILINE | re.DOTALL))
    assert list(sections) == list(LAYOUTS)
    for record_type, layout in LAYOUTS.items():
        rows = re.findall(
            r"^\| (\d+) \| `([^`]+)`\*? \| (\S+) \| (yes)? ?\| (\S*) ?\|$",
            sections[record_type],
            re.MULTILINE,
        )
        written = [
            (int(number), name, kind, mandatory == "yes", code)
            for number, name, kind, mandatory, code in rows
        ]
        assert written == [
            (number, column.name, str(column), column.mandatory, column.code)
            for number, column in enumerate(layout.columns, 2)
        ]
