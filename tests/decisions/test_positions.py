from datetime import date

import msgspec
import pytest
from tests.decisions.invented import NPN

from tis_esr.decisions.position import PositionView
from tis_esr.decisions.positions import (
    PositionRow,
    SourceRow,
    Stamp,
    choose_post,
    is_deleted,
    leading,
    newer,
    view,
)
from tis_esr.tcs.models import Post

SUNDAY, MONDAY = date(2026, 3, 1), date(2026, 3, 2)


def row(day=MONDAY, sequence=100, number=2, *, deanery="EOE", npn=NPN, **values):
    """Return a row of position 7607373 from the file of a day."""
    return SourceRow(
        stamp=Stamp(day, sequence, number),
        deanery=deanery,
        file=f"DE_{deanery}_RMC_{day:%Y%m%d}_{sequence:08}.DAT",
        values=PositionRow(position_id=7607373, deanery_number=npn, **values),
    )


@pytest.mark.parametrize(
    ("arriving", "taken"),
    [
        (Stamp(MONDAY, 100, 2), True),
        (Stamp(MONDAY, 100, 3), True),
        (Stamp(MONDAY, 101, 1), True),
        (Stamp(MONDAY, 100, 1), False),
        (Stamp(MONDAY, 99, 9), False),
        (Stamp(SUNDAY, 999, 9), False),
    ],
)
def test_an_older_row_never_overwrites_a_newer_one_by_date_then_sequence_then_row(arriving, taken):
    stored = row(MONDAY, 100, 2)
    assert newer(stored, msgspec.structs.replace(stored, stamp=arriving)) is taken


def test_the_first_row_of_a_position_is_always_taken():
    assert newer(None, row())


def test_within_one_file_the_por_leads_whichever_row_comes_first():
    por, pos = row(number=2), row(number=9)
    assert leading(por, pos) is por


def test_the_row_of_the_newer_file_leads():
    old, new = row(SUNDAY, 99), row(MONDAY, 100)
    assert leading(old, new) is new
    assert leading(new, old) is new


def test_a_position_known_by_one_kind_of_row_is_led_by_it():
    only = row()
    assert leading(only, None) is only
    assert leading(None, only) is only


def test_a_position_that_no_row_is_known_of_is_an_error():
    with pytest.raises(ValueError, match="a POR or a POS row"):
        leading(None, None)


DELETED, CHANGED = {"change_delete_indicator": "D"}, {"change_delete_indicator": "C"}


@pytest.mark.parametrize(
    ("por", "pos", "deleted"),
    [
        pytest.param(row(**DELETED), None, True, id="T_POR04"),
        pytest.param(None, row(**DELETED), True, id="T_POS04"),
        pytest.param(row(**DELETED), row(number=3, **CHANGED), True, id="the POR of one file"),
        pytest.param(row(**CHANGED), row(number=3, **DELETED), True, id="the POS of one file"),
        pytest.param(row(**CHANGED), row(number=3, **CHANGED), False, id="neither"),
        pytest.param(row(), None, False, id="no indicator"),
        pytest.param(row(SUNDAY, 99, **DELETED), row(**CHANGED), False, id="deleted, then back by a POS"),
        pytest.param(row(**CHANGED), row(SUNDAY, 99, **DELETED), False, id="deleted, then back by a POR"),
        pytest.param(row(SUNDAY, 99, **CHANGED), row(**DELETED), True, id="deleted by the newer file"),
    ],
)
def test_a_position_is_deleted_where_either_row_of_its_newest_file_says_so(por, pos, deleted):
    assert is_deleted(por, pos) is deleted


def test_a_position_has_what_either_row_tells():
    por = row(
        position_number=34611829,
        host_lead_indicator="Lead Employer",
        employing_org_vpd_code="096",
        ods_code="RGT",
        esr_location="Invented Hospital",
    )
    pos = row(number=3, position_number=34611829, occupation_code="800")
    assert view(por, pos, 11) == PositionView(
        position_id=7607373,
        position_number=34611829,
        deanery_number="EOE/RGT00/021/FY1/013",
        deanery="EOE",
        host_lead="Lead Employer",
        employing_vpd="096",
        ods_code="RGT",
        esr_location="Invented Hospital",
        occupation_code="800",
        post_id=11,
    )


def test_a_position_known_by_its_pos_alone_lacks_what_only_the_por_tells():
    known = view(None, row(position_number=34611829, ods_code="RGT", occupation_code="800"), None)
    assert (known.ods_code, known.occupation_code, known.position_number) == ("RGT", "800", 34611829)
    assert (known.host_lead, known.employing_vpd, known.esr_location, known.post_id) == (
        None,
        None,
        None,
        None,
    )


def test_a_position_that_moved_belongs_where_the_newer_file_says_and_keeps_the_rest():
    por = row(SUNDAY, 99, employing_org_vpd_code="096")
    pos = row(deanery="KSS", npn="KSS/RJZ01/030/STR/001", occupation_code="800")
    known = view(por, pos, None)
    assert (known.deanery_number, known.deanery) == ("KSS/RJZ01/030/STR/001", "KSS")
    assert (known.employing_vpd, known.occupation_code) == ("096", "800")


def test_a_vpd_is_text_and_keeps_its_zeros():
    """T_POR11."""
    assert view(row(employing_org_vpd_code="007"), None, None).employing_vpd == "007"


def test_rows_have_the_names_of_the_interface_on_the_wire():
    values = PositionRow(position_id=1, deanery_number=NPN, employing_org_vpd_code="096", ods_code="RGT")
    assert msgspec.to_builtins(values) == {
        "positionID": 1,
        "deaneryNumber": "EOE/RGT00/021/FY1/013",
        "employingOrgVPDCode": "096",
        "odsCode": "RGT",
    }


@pytest.mark.parametrize(
    ("posts", "chosen", "others"),
    [
        pytest.param([(1, "CURRENT")], 1, [], id="the only one"),
        pytest.param([(1, "INACTIVE")], 1, [], id="the only one, though inactive"),
        pytest.param([(1, "CURRENT"), (2, "INACTIVE")], 1, [2], id="current before newer"),
        pytest.param([(1, "CURRENT"), (2, "CURRENT")], 2, [1], id="the newest of two current ones"),
        pytest.param([(1, None), (2, "INACTIVE")], 2, [1], id="the newest where none is current"),
        pytest.param(
            [(3, "INACTIVE"), (1, "CURRENT"), (4, None), (2, "CURRENT")],
            2,
            [1, 4, 3],
            id="the others in order",
        ),
    ],
)
def test_of_several_posts_with_one_number_the_current_then_the_newest_is_chosen(posts, chosen, others):
    post, rest = choose_post(Post(id=number, status=status) for number, status in posts)
    assert post is not None
    assert (post.id, rest) == (chosen, others)


def test_a_number_that_no_post_has_chooses_none():
    assert choose_post([]) == (None, [])
