"""Everything that people read is in plain English, with one term for one thing."""

import re

import pytest
from docgen.generated import ROOT
from tests.documentation.wording import PHRASES, TERMS, found_in, texts

TEXTS = texts()
GLOSSARY = (ROOT / "docs" / "reference" / "glossary.md").read_text()
FIELD = {"retry", "timeout", "backlog", "dead letter", "retention"}
NHS = "POR POS ASG PER ADD PBD ABS NPN DPN VPD RMF RMC DNC DNF DCC APP APC RTC HDR TRL NOT TCS TIS ESR GMC GDC ODS"


@pytest.mark.parametrize("place", TEXTS)
def test_a_text_has_no_phrase_to_avoid(place: str) -> None:
    assert found_in(TEXTS[place]) == []


def test_a_phrase_is_found_across_lines_and_in_any_letter_case() -> None:
    assert found_in("Nothing has\nto be done") != []
    assert found_in("The two cases are told apart; sweep_seconds is a setting") == []


@pytest.mark.parametrize("term", sorted(FIELD))
def test_the_fields_terms_are_used_and_explained(term: str) -> None:
    assert re.search(rf"^\| {term} \|", GLOSSARY, re.MULTILINE)
    assert sum(term in text.lower() for text in TEXTS.values()) > 1


@pytest.mark.parametrize("abbreviation", NHS.split())
def test_the_glossary_explains_an_abbreviation(abbreviation: str) -> None:
    assert re.search(rf"^\| [^|]*\b{abbreviation}\b[^|]* \|", GLOSSARY, re.MULTILINE)


def test_no_term_to_avoid_is_explained() -> None:
    terms = re.findall(r"^\| ([^|]+) \|", GLOSSARY, re.MULTILINE)
    assert [term for term in terms if any(re.fullmatch(p, term) for p in {**PHRASES, **TERMS})] == []
