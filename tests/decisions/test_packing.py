from tis_esr.decisions.packing import MOST_A_POST, Packing

SHARED, OTHER = "EOE/RGT00/021/FY1/013", "EOE/RGT00/021/FY1/014"


def sort_out(packing, records, sent=()):
    """Sort out records that are pairs of a post and what makes two the same."""
    return packing.sort_out(records, post=lambda r: r[0], same_as=lambda r: r[1], sent=set(sent))


def test_esr_takes_40_records_of_a_post_in_one_file():
    """Incident A7: with one more the whole file is quarantined."""
    assert MOST_A_POST == 40
    going, duplicates = sort_out(Packing(), [(SHARED, f"applicant {number}") for number in range(41)])
    assert len(going) == 40
    assert (SHARED, "applicant 40") not in going
    assert duplicates == []


def test_those_that_come_first_go_and_the_rest_waits():
    records = [(SHARED, "first"), (SHARED, "second"), (SHARED, "third")]
    assert sort_out(Packing(most=2), records) == ([(SHARED, "first"), (SHARED, "second")], [])


def test_the_limit_is_of_each_post_by_itself():
    records = [(SHARED, "one"), (OTHER, "two"), (SHARED, "three")]
    assert sort_out(Packing(most=1), records) == ([(SHARED, "one"), (OTHER, "two")], [])


def test_host_and_lead_positions_of_a_post_share_its_limit():
    records = [(SHARED, "placement 1, host position"), (SHARED, "placement 1, lead position")]
    going, _ = sort_out(Packing(most=1), records)
    assert going == [(SHARED, "placement 1, host position")]


def test_the_limit_holds_over_all_chunks_of_a_file():
    packing = Packing(most=2)
    assert sort_out(packing, [(SHARED, "one")])[0] == [(SHARED, "one")]
    assert sort_out(packing, [(SHARED, "two"), (SHARED, "three")])[0] == [(SHARED, "two")]


def test_rows_that_were_fixed_before_a_crash_count():
    packing = Packing(most=2)
    packing.count(SHARED, "one")
    assert sort_out(packing, [(SHARED, "one"), (SHARED, "two"), (SHARED, "three")]) == (
        [(SHARED, "two")],
        [(SHARED, "one")],
    )


def test_a_record_that_esr_has_from_an_earlier_file_is_a_duplicate():
    assert sort_out(Packing(), [(SHARED, "one"), (SHARED, "two")], sent=["one"]) == (
        [(SHARED, "two")],
        [(SHARED, "one")],
    )


def test_of_two_records_that_are_the_same_the_first_goes():
    assert sort_out(Packing(), [(SHARED, "one"), (SHARED, "one")]) == ([(SHARED, "one")], [(SHARED, "one")])


def test_a_duplicate_takes_no_room():
    records = [(SHARED, "one"), (SHARED, "one"), (SHARED, "two")]
    assert sort_out(Packing(most=2), records) == ([(SHARED, "one"), (SHARED, "two")], [(SHARED, "one")])


def test_a_duplicate_is_one_even_where_its_post_is_full():
    records = [(SHARED, "one"), (SHARED, "one")]
    assert sort_out(Packing(most=1), records) == ([(SHARED, "one")], [(SHARED, "one")])


def test_no_records_fill_no_file():
    assert sort_out(Packing(), []) == ([], [])
