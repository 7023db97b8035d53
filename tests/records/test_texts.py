"""Which characters a text may be written with: what people type, and nothing that breaks a row."""

import pytest

from tis_esr.records.row_writing import format_row
from tis_esr.records.values import UnwritableValueError


def written(town: str) -> str:
    return format_row("ADD", {"personId": 1, "town": town}).split(",")[9]


@pytest.mark.parametrize(
    "town", ["St\u00a0Example", "A\u200dB", "Exa\u00admple", "Ynys Môn", "東京", "a\\", "'"]
)
def test_what_is_pasted_into_tis_is_written_as_it_is(town: str) -> None:
    assert written(town) == f'"{town}"'


@pytest.mark.parametrize(
    "character", ["\n", "\r", "\t", "\0", "\x1a", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]
)
def test_a_control_character_or_line_end_is_refused_without_the_value(character: str) -> None:
    with pytest.raises(UnwritableValueError) as refused:
        written(f"Specimen{character}")
    assert str(refused.value) == "ADD.town: it contains a control character or a line end"
