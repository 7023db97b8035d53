from datetime import date

import msgspec
import pytest
from tests.decisions.invented import NPN

from tis_esr.decisions.position_view import PositionView
from tis_esr.decisions.positions import (
    Claim,
    PositionRow,
    SourceRow,
    choose_post,
    is_deleted,
    leading,
    leading_claim,
    view,
    with_row,
)
from tis_esr.decisions.versions import Stamp
from tis_esr.tcs.models import Post

SUNDAY, MONDAY = date(2026, 3, 1), date(2026, 3, 2)


def row(day=MONDAY, sequence=100, number=2, *, deanery="EOE", npn=NPN, **values):
    """Return a row of position 7607373 from the file of a day."""
    return SourceRow(
        stamp=Stamp(day, deanery, sequence, number),
        deanery=deanery,
        file=f"DE_{deanery}_RMC_{day:%Y%m%d}_{sequence:08}.DAT",
        values=PositionRow(position_id=7607373, deanery_number=npn, **values),
    )


def claims(*rows):
    """Return the claims that come of (source, row) pairs in this order."""
    known = {}
    for source, arriving in rows:
        known = with_row(known, source, arriving) or known
    return known


@pytest.mark.parametrize(
    ("arriving", "taken"),
    [
        (Stamp(MONDAY, "EOE", 100, 2), True),
        (Stamp(MONDAY, "EOE", 100, 3), True),
        (Stamp(MONDAY, "EOE", 101, 1), True),
        (Stamp(MONDAY, "EOE", 100, 1), False),
        (Stamp(MONDAY, "EOE", 99, 9), False),
        (Stamp(SUNDAY, "EOE", 999, 9), False),
    ],
)
def test_an_older_row_never_overwrites_a_newer_one_by_date_then_sequence_then_row(arriving, taken):
    stored = row(MONDAY, 100, 2)
    again = msgspec.structs.replace(stored, stamp=arriving)
    assert (with_row({"EOE": Claim(por=stored)}, "por", again) is not None) is taken


def test_the_first_row_of_a_position_is_always_taken():
    assert with_row({}, "pos", row()) == {"EOE": Claim(pos=row())}


def test_a_row_of_one_deanery_never_supersedes_that_of_another():
    """Sequences are each deanery's own (fault K1)."""
    ldn, sev = row(MONDAY, 4033, deanery="LDN"), row(MONDAY, 1488, deanery="SEV")
    assert claims(("por", ldn), ("por", sev)) == claims(("por", sev), ("por", ldn))
    assert set(claims(("por", ldn), ("por", sev))) == {"LDN", "SEV"}


def test_a_position_that_moves_on_one_day_belongs_to_the_deanery_that_sends_c():
    """LDN 4033 ``D`` and SEV 1488 ``C`` of one day (fault K1)."""
    gone = row(MONDAY, 4033, deanery="LDN", change_delete_indicator="D")
    come = row(MONDAY, 1488, deanery="SEV", change_delete_indicator="C")
    for order in ((gone, come), (come, gone)):
        claim = leading_claim(claims(*(("por", one) for one in order)))
        assert (claim.lead, claim.ended) == (come, False)


def test_a_deletion_that_comes_days_after_the_move_ends_only_its_own_deanerys_claim():
    come = row(SUNDAY, 1488, deanery="SEV", change_delete_indicator="C")
    gone = row(MONDAY, 4033, deanery="LDN", change_delete_indicator="D")
    claim = leading_claim(claims(("por", come), ("por", gone)))
    assert (claim.lead.deanery, claim.ended) == ("SEV", False)


def test_a_position_of_which_every_claim_has_ended_is_deleted_and_belongs_to_the_last():
    first = row(SUNDAY, 99, deanery="SEV", change_delete_indicator="D")
    last = row(MONDAY, 4033, deanery="LDN", change_delete_indicator="D")
    claim = leading_claim(claims(("por", last), ("por", first)))
    assert (claim.lead.deanery, claim.ended) == ("LDN", True)


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
    assert view(claims(("por", por), ("pos", pos)), 11) == PositionView(
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
        sources=["DE_EOE_RMC_20260302_00000100.DAT:2", "DE_EOE_RMC_20260302_00000100.DAT:3"],
    )


def test_a_position_known_by_its_pos_alone_lacks_what_only_the_por_tells():
    pos = row(position_number=34611829, ods_code="RGT", occupation_code="800")
    known = view(claims(("pos", pos)), None)
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
    known = view(claims(("por", por), ("pos", pos)), None)
    assert (known.deanery_number, known.deanery) == ("KSS/RJZ01/030/STR/001", "KSS")
    assert (known.employing_vpd, known.occupation_code) == ("096", "800")


def test_a_vpd_is_text_and_keeps_its_zeros():
    """T_POR11."""
    assert view(claims(("por", row(employing_org_vpd_code="007"))), None).employing_vpd == "007"


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
