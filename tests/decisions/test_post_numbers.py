"""A national post number names office, trust, specialty and grade by their codes."""

import pytest

from tis_esr.decisions.post_numbers import PostNumberParts, post_number_parts


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("EOE/RGT00/800/STR/001", PostNumberParts("EOE", "RGT00", "800", "STR")),
        (" EOE / RGT00 /800/STR/001/M", PostNumberParts("EOE", "RGT00", "800", "STR")),
        ("LDN/RX1/1", PostNumberParts("LDN", "RX1", "1", "")),
        ("12345", PostNumberParts()),
        ("", PostNumberParts()),
        (None, PostNumberParts()),
    ],
)
def test_the_parts_of_a_number(number: str | None, expected: PostNumberParts) -> None:
    assert post_number_parts(number) == expected
