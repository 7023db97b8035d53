"""What ESR sends back: confirmations that our reader understands, when and how often it likes, and its positions."""

import io
from datetime import date, timedelta

from tests.esr.written_files import APP, DAY, DNC, POST, app, esr, note, taken

from tis_esr.records.row_reading import Record, read_records
from tis_esr.simulation.esr.behaviour import Behaviour
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.trusts import Change, adopt, change

APC, DCC = APP.replace("APP", "APC"), DNC.replace("DNC", "DCC")
NEXT = DAY + timedelta(days=1)


def read(content: bytes) -> list[Record]:
    return [record for record in read_records(io.BytesIO(content)) if record.type not in {"HDR", "TRL"}]


def sent(here: Esr, days: int = 4) -> list[dict[str, int]]:
    """Return, for the first days after DAY, the rows of each file by name."""
    found = [here.answers(DAY + timedelta(days=number)) for number in range(days)]
    return [{name: len(read(content)) for name, content in files.items()} for files in found]


def test_a_file_is_answered_on_the_day_after_under_its_date_and_number() -> None:
    here = esr()
    taken(app(), app({21: '"7200002"'}), by=here)
    taken(note(), by=here)
    assert sent(here) == [{}, {APC: 2, DCC: 1}, {}, {}]
    assert here.answers(NEXT) == here.answers(NEXT)


def test_our_reader_understands_every_column_of_an_answer() -> None:
    here = esr()
    taken(app(), app({21: '"7200002"', 15: '"Doha"'}), by=here)
    one, two = read(here.answers(NEXT)[APC])
    assert one.problems == two.problems == ()
    assert one.values == {
        "deaneryNumber": POST, "loadStatusCode": "SUCCESS", "messageType": "INFO", "messageText": None,
        "applicantNumber": "A30000001", "assignmentId": 30000001, "positionId": 1, "positionNumber": 1001,
        "esrVacancyId": 1,
    }  # fmt: skip
    assert two.values["loadStatusCode"] == "FAIL"
    assert two.values["messageText"] == 'DIT-07: Postcode "Doha" is invalid or badly formatted'


def test_a_message_whose_quotes_are_not_doubled_is_read_all_the_same() -> None:
    here = esr(Behaviour(escapes_quotes=False))
    taken(app({15: '"Doha, Qatar"'}), by=here)
    [one] = read(here.answers(NEXT)[APC])
    assert one.values["messageText"] == 'DIT-07: Postcode "Doha, Qatar" is invalid or badly formatted'
    assert one.values["esrVacancyId"] == 1


def test_an_answer_may_be_late_cut_or_come_twice() -> None:
    def of(behaviour: Behaviour) -> list[dict[str, int]]:
        here = esr(behaviour)
        taken(app(), app({21: '"7200002"'}), by=here)
        return sent(here)

    assert of(Behaviour(late=1)) == [{}, {}, {APC: 2}, {}]
    assert of(Behaviour(cut=1)) == [{}, {APC: 1}, {APC: 2}, {}]
    assert of(Behaviour(twice=1)) == [{}, {APC: 2}, {APC: 2}, {}]


def test_what_is_cut_is_the_beginning_of_the_whole() -> None:
    here = esr(Behaviour(cut=1))
    taken(app(), app({21: '"7200002"'}), by=here)
    whole = here.answers(NEXT + timedelta(days=1))[APC]
    assert whole.startswith(here.answers(NEXT)[APC])


def test_rejections_and_warnings_are_drawn_by_the_seed() -> None:
    def drawn(seed: int) -> list[tuple[bool, str]]:
        here = esr(Behaviour(rejected=0.3, warned=0.3), seed)
        rows = [app({21: f'"72{n:05d}"'}) for n in range(40)]
        return [(outcome.accepted, outcome.kind) for outcome in taken(*rows, by=here).outcomes]

    assert set(drawn(1)) == {(True, "INFO"), (True, "WARNING"), (False, "ERROR")}
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_esr_begins_with_the_positions_of_its_files_and_sends_on_what_trusts_change() -> None:
    here = Esr()
    first = (
        b'POR,1,"","C",1001,"Registrar","EOE/1","EOE","Lead Employer","RX1","96","A Trust","A Hospital"\r\n'
        b'POS,1,"","C",1001,"Registrar","800","","","EOE/1","EOE","RX1","NHS","","",""\r\n'
        b'POR,2,"","D",1002,"Registrar","EOE/2","EOE","Lead Employer","RX1","96","A Trust","A Hospital"\r\n'
        b'POR,six,"","C",1,"T","EOE/1","","","","","",""\r\n'
    )
    adopt(here.holdings, "DE_EOE_RMF_20261124_00004001.DAT", first)
    assert {p.id: (p.post, p.deleted) for p in here.holdings.positions.values()} == {
        1: ("EOE/1", False),
        2: ("EOE/2", True),
    }
    assert here.changes(DAY) == {}
    change(here.holdings, [Change(1, post="EOE/7")], NEXT)
    [(name, content)] = here.changes(NEXT).items()
    assert name == "DE_EOE_RMC_20261125_00004002.DAT"
    por, pos = read(content)
    assert (por.type, por.values["deaneryNumber"], por.values["employingOrgVPDCode"]) == (
        "POR",
        "EOE/7",
        "96",
    )
    assert (pos.type, pos.values["occupationCode"], pos.problems) == ("POS", "800", ())
    name, content = here.full("EOE", date(2026, 11, 26))
    assert name == "DE_EOE_RMF_20261126_00004003.DAT"
    assert [(r.type, r.values["changeDeleteIndicator"]) for r in read(content)] == [
        ("POR", "C"), ("POS", "C"), ("POR", "D"), ("POS", "D"),
    ]  # fmt: skip
