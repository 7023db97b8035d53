"""A file's name is the only key its contents have: it is read exactly, and written as it was read."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tis_esr.records.file_names import DEANERIES, FILE_TYPES, BadFileNameError, FileName


@pytest.mark.parametrize(
    "name",
    [
        "DE_EMD_APP_20210608_00003117.DAT",
        "DE_TIS_APP_20180515_0000032.DAT",
        "DE_EMD_RMF_02021030_00002598.DAT",
    ],
)
def test_names_of_7_and_8_digits_are_read_and_written_alike(name: str) -> None:
    assert str(FileName.parse(name)) == name


def test_a_name_tells_its_parts() -> None:
    parsed = FileName.parse("DE_EMD_RMF_20210301_00002598.DAT")
    assert (parsed.deanery, parsed.type, parsed.date, parsed.sequence, parsed.digits) == (
        "EMD",
        "RMF",
        date(2021, 3, 1),
        2598,
        8,
    )


def test_a_new_name_has_8_digits() -> None:
    assert str(FileName("LDN", "DNC", date(2026, 11, 24), 32)) == "DE_LDN_DNC_20261124_00000032.DAT"


def test_7_and_8_digits_of_one_number_name_one_file() -> None:
    short = FileName.parse("DE_TIS_APP_20180515_0000032.DAT")
    long = FileName.parse("DE_TIS_APP_20180515_00000032.DAT")
    assert short == long
    assert len({short, long}) == 1


@pytest.mark.parametrize(
    "other",
    [
        "DE_EOE_RMF_20210301_00002598.DAT",
        "DE_EMD_RMC_20210301_00002598.DAT",
        "DE_EMD_RMF_20210302_00002598.DAT",
        "DE_EMD_RMF_20210301_00002599.DAT",
    ],
)
def test_every_part_tells_files_apart(other: str) -> None:
    assert FileName.parse(other) != FileName.parse("DE_EMD_RMF_20210301_00002598.DAT")


def test_the_last_number_of_8_digits_is_one() -> None:
    assert FileName.parse("DE_EMD_RMF_20210301_99999999.DAT").sequence == 99_999_999


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
        ("letter.txt", "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
        ("de_emd_rmf_20210301_00002598.dat", "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
        ("DE_EMD_RMF_20210301_002598.DAT", "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
        ("DE_EMD_RMF_20210301_000002598.DAT", "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
        ("DE_EMD_RMF_20210301_00002598.DAT\n", "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
        ("in/DE_EMD_RMF_20210301_00002598.DAT", "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
        ("DE_EMD_RMF_20210301_0000259٣.DAT", "it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"),
        (
            "DE_EMD_XXX_20210301_00002598.DAT",
            "XXX is not a valid file type; those are RMF, RMC, APC, DCC, APP, DNC, DNF, RTC",
        ),
        ("DE_EMD_RMF_20211301_00002598.DAT", "20211301 is not a valid date"),
        ("DE_EMD_RMF_20210229_00002598.DAT", "20210229 is not a valid date"),
        ("DE_EMD_RMF_00000000_00002598.DAT", "00000000 is not a valid date"),
    ],
)
def test_any_other_name_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(BadFileNameError) as refused:
        FileName.parse(name)
    assert (refused.value.name, refused.value.reason) == (name, reason)
    assert str(refused.value) == f"{name!r} is not a valid ESR file name: {reason}"


def test_the_run_order_is_that_of_production() -> None:
    assert ",".join(DEANERIES) == "EMD,KSS,NTH,WMD,PEN,NWN,YHD,EOE,OXF,WES,LDN,MER,SEV"


@settings(max_examples=200, deadline=None)
@given(
    st.builds(
        FileName,
        st.from_regex(r"[A-Z]{3}", fullmatch=True),
        st.sampled_from(FILE_TYPES),
        st.dates(),
        st.integers(0, 9_999_999),
        st.sampled_from([7, 8]),
    )
)
def test_what_is_written_is_parsed_again(name: FileName) -> None:
    parsed = FileName.parse(str(name))
    assert (parsed, parsed.digits) == (name, name.digits)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.from_regex(r"DE_[A-Z]{3}_RMF_[012][0-9]{3}[01][0-9][0-3][0-9]_[0-9]{6,9}\.DAT"),
    )
)
def test_any_text_is_a_name_written_alike_or_is_refused(text: str) -> None:
    try:
        parsed = FileName.parse(text)
    except BadFileNameError:
        return
    assert str(parsed) == text
