"""Pages that follow from the program are what the program says."""

from pathlib import Path

import pytest
from docgen import data_page, settings_page
from docgen.generated import PAGES, ROOT

from tis_esr.settings import Settings


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_generated_page_is_what_the_program_makes(path: Path) -> None:
    assert path.read_text() == PAGES[path](), "regenerate it: make docs"


def test_no_schema_of_an_output_is_left_over() -> None:
    kept = set((ROOT / "docs" / "reference" / "schemas").iterdir())
    assert kept == {path for path in PAGES if path.parent.name == "schemas"}


def test_every_setting_is_described() -> None:
    assert settings_page.descriptions().keys() == Settings.model_fields.keys()


def test_every_collection_says_what_it_is_for_and_what_personal_data_it_holds() -> None:
    assert data_page.unexplained() == []
