"""Values that TIS and ESR write differently: one table a list, used in both directions.

A value without a mapping is left empty towards ESR, leaves TIS unchanged, and is reported by the name of its column,
never with the value. TIS's values are those of its reference data; the codes of ethnic origin are the NHS data
dictionary's, those of countries ISO 3166's, and the others ours until NHS0098 is available.
"""

from collections.abc import Iterable, Mapping
from enum import Enum

from tis_esr.decisions.values.countries import COUNTRIES, NATIONALITIES


class ValueList(Enum):
    """The lists of values that differ."""

    GENDER = "gender"
    TITLE = "title"
    MARITAL_STATUS = "marital status"
    ETHNIC_ORIGIN = "ethnic origin"
    RELIGIOUS_BELIEF = "religious belief"
    SEXUAL_ORIENTATION = "sexual orientation"
    DISABILITY = "disability"
    COUNTRY = "country"
    NATIONALITY = "nationality"


# TIS's "I prefer not to specify" has no code among ESR's two.
_GENDER = [("Male", "M"), ("Female", "F")]
_TITLE = [(title, title.upper()) for title in ("Dr", "Miss", "Mr", "Mrs", "Ms", "Professor")]
_MARITAL = [
    ("Married", "M"),
    ("Single", "S"),
    ("Divorced", "D"),
    ("Widowed", "W"),
    ("Legally Separated", "L"),
    ("Civil Partnership", "C"),
    ("Unknown", "U"),
]
_ETHNIC = [
    ("White - British", "A"),
    ("White - Irish", "B"),
    ("Any other white background", "C"),
    ("Mixed White and Black Caribbean", "D"),
    ("Mixed White and Black African", "E"),
    ("Mixed White and Asian", "F"),
    ("Any other mixed background", "G"),
    ("Asian or Asian British - Indian", "H"),
    ("Asian or Asian British - Pakistani", "J"),
    ("Asian or Asian British - Bangladeshi", "K"),
    ("Any other Asian background", "L"),
    ("Black or Black British - Caribbean", "M"),
    ("Black or Black British - African", "N"),
    ("Any other Black background", "P"),
    ("Chinese", "R"),
    ("Any other ethnic group", "S"),
    ("Not stated", "Z"),
]
# ESR has no codes for the communities of Northern Ireland.
_RELIGION = [
    (belief, belief)
    for belief in (
        "Atheism",
        "Buddhism",
        "Christianity",
        "Hinduism",
        "Islam",
        "Jainism",
        "Judaism",
        "Sikhism",
        "Other",
    )
] + [("I do not wish to disclose my religious belief", "I do not wish to disclose my religious belief")]
_ORIENTATION = [
    ("Lesbian", "Lesbian"),
    ("Gay", "Gay"),
    ("Bisexual", "Bisexual"),
    ("Heterosexual", "Heterosexual"),
    (
        "I do not wish to disclose my sexual orientation",
        "I do not wish to disclose my sexual orientation",
    ),
]
_DISABILITY = [("YES", "Yes"), ("NO", "No")]

TABLES: Mapping[ValueList, list[tuple[str, str]]] = {
    ValueList.GENDER: _GENDER,
    ValueList.TITLE: _TITLE,
    ValueList.MARITAL_STATUS: _MARITAL,
    ValueList.ETHNIC_ORIGIN: _ETHNIC,
    ValueList.RELIGIOUS_BELIEF: _RELIGION,
    ValueList.SEXUAL_ORIENTATION: _ORIENTATION,
    ValueList.DISABILITY: _DISABILITY,
    ValueList.COUNTRY: COUNTRIES,
    ValueList.NATIONALITY: NATIONALITIES,
}
"""TIS's value and ESR's code, list by list."""


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    index: dict[str, str] = {}
    for key, value in pairs:
        index.setdefault(key.strip().casefold(), value)
    return index


_TO_ESR = {name: _index(table) for name, table in TABLES.items()}
_TO_TIS = {name: _index((esr, tis) for tis, esr in table) for name, table in TABLES.items()}


def to_esr(name: ValueList, tis_value: str) -> str | None:
    """Return ESR's code for a value of TIS, in any letter case; None where there is none."""
    return _TO_ESR[name].get(tis_value.strip().casefold())


def to_tis(name: ValueList, esr_code: str) -> str | None:
    """Return TIS's value for a code of ESR; None where there is none."""
    return _TO_TIS[name].get(esr_code.strip().casefold())
