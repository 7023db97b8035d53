"""Which values are returned unchanged, and which are repaired, with what was repaired."""

import pytest

from tis_esr.decisions.values.cleaning import Kind, Repair, cleaned


@pytest.mark.parametrize(
    ("kind", "value", "stored", "repairs"),
    [
        (Kind.TEXT, "", "", []),
        (Kind.TEXT, "12 High Street, Leeds", "12 High Street, Leeds", []),
        (Kind.TEXT, " High Street", "High Street", []),
        (Kind.TEXT, "High Street ", "High Street", []),
        (Kind.TEXT, "High  Street", "High Street", []),
        (Kind.TEXT, "High\tStreet", "High Street", []),
        (Kind.TEXT, "High\x1fStreet", "High Street", [Repair.BLANKS]),
        (Kind.TEXT, "High\u00a0Street", "High Street", [Repair.BLANKS]),
        (Kind.TEXT, "O`Neill", "O'Neill", [Repair.APOSTROPHE]),
        (Kind.TEXT, "O'Neill_~", "O'Neill_~", []),
        (Kind.TEXT, "O\u2019Neill\u2013Smith", "O'Neill-Smith", [Repair.APOSTROPHE, Repair.DASH]),
        (Kind.TEXT, "A\u200bnn", "Ann", [Repair.INVISIBLE]),
        (Kind.EMAIL, "o`neill@example.org", "o`neill@example.org", []),
        (Kind.EMAIL, " ann@example.org", "ann@example.org", []),
        (Kind.NI_NUMBER, "qq123456c", "QQ123456C", []),
        (Kind.NI_NUMBER, "QQ 12 34 56 C", "QQ123456C", [Repair.BLANKS]),
    ],
)
def test_a_value_is_repaired_only_where_it_has_to_be(
    kind: Kind, value: str, stored: str, repairs: list[Repair]
) -> None:
    assert cleaned(kind, value) == (stored, repairs)
