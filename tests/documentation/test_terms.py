"""The glossary explains the field's terms and the NHS's abbreviations, and none beside its own."""

import re

import pytest
from docgen.generated import ROOT
from tests.wording.banned import findings
from tests.wording.texts import texts

TEXTS = texts()
GLOSSARY = (ROOT / "docs" / "reference" / "glossary.md").read_text()
FIELD = {"retry", "timeout", "backlog", "dead letter", "retention"}
NHS = "POR POS ASG PER ADD PBD ABS NPN DPN VPD RMF RMC DNC DNF DCC APP APC RTC HDR TRL NOT TCS TIS ESR GMC GDC ODS"


@pytest.mark.parametrize("term", sorted(FIELD))
def test_the_fields_terms_are_used_and_explained(term: str) -> None:
    assert re.search(rf"^\| {term} \|", GLOSSARY, re.MULTILINE)
    assert sum(term in text.lower() for text in TEXTS.values()) > 1


@pytest.mark.parametrize("abbreviation", NHS.split())
def test_the_glossary_explains_an_abbreviation(abbreviation: str) -> None:
    assert re.search(rf"^\| [^|]*\b{abbreviation}\b[^|]* \|", GLOSSARY, re.MULTILINE)


def test_no_term_to_avoid_is_explained() -> None:
    terms = re.findall(r"^\| ([^|]+) \|", GLOSSARY, re.MULTILINE)
    assert [term for term in terms if findings(term)] == []
