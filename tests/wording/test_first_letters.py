"""Abbreviations keep their capitals at the beginning of a sentence and within it."""

import re
from pathlib import Path

import pytest

import tis_esr
from tis_esr.first_letters import first_lower, first_upper
from tis_esr.operations.parked.catalogue import CATALOGUE
from tis_esr.operations.states import words

TEMPLATES = sorted((Path(tis_esr.__file__).parent / "web" / "console" / "templates").glob("*.html"))
CHANGING = re.compile(r"\|\s*(?:capitalize|title)\b")


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("TCS rejected the call", "TCS rejected the call", "TCS rejected the call"),
        ("A row from ESR", "a row from ESR", "A row from ESR"),
        ("the local office, in TIS", "the local office, in TIS", "The local office, in TIS"),
        ("", "", ""),
    ],
)
def test_only_the_first_letter_changes_and_never_that_of_an_abbreviation(
    text: str, lower: str, upper: str
) -> None:
    assert (first_lower(text), first_upper(text)) == (lower, upper)


def test_states_and_columns_keep_abbreviations() -> None:
    assert words("TO_EXPORT") == "To export"
    assert words("gmc_number") == "GMC number"
    assert words("DELETED_IN_TIS") == "Deleted in TIS"


def test_causes_of_parking_keep_abbreviations_within_a_sentence() -> None:
    said = " ".join(first_lower(text.title) for text in CATALOGUE.values())
    assert not re.search(r"\b(?:tCS|tIS|eSR|rTC)\b", said)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_no_template_makes_the_rest_of_a_text_small(template: Path) -> None:
    assert CHANGING.findall(template.read_text()) == []
