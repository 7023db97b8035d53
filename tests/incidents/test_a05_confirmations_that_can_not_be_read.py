"""A5, 1 and 2 July 2020: nobody could say which applicants ESR had accepted.

ESR's confirmations (APC) repeated bad postcodes of ours, with a comma and without usable quotes. One such row failed
the whole load, and each attempt stored the rows before it once more. Lines were edited by hand, files moved from one
day's folder to another's and back.
"""

from collections import Counter
from pathlib import Path

from tests.incidents.offices import Offices, offices, parked, quarantined

from tis_esr.services.data_exporter.outbound import RecordState
from tis_esr.simulation.days.generated_world import World

TEXTS = ('Postcode "YO12 5EX," not recognised', 'Postcode "Doha, Qatar" not recognised')
WEEKS_AHEAD = 110


def lives_abroad(world: World) -> None:
    world.placement(world.posts[0], world.person(postCode="Doha, Qatar"), WEEKS_AHEAD, 300)


def test_each_answer_is_kept_once_however_it_is_quoted_and_however_often_it_is_read(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=5), also=lives_abroad) as talk:
        talk.day(0)
        assert quarantined(talk) == {}
        talk.morning(1)
        [file] = (talk.small.folder / "in").glob("*_APC_*")
        lines = file.read_text().splitlines()
        for at, text in enumerate(TEXTS, 1):
            lines[at] = lines[at].replace('"SUCCESS"', '"FAIL"').replace('"INFO",""', f'"ERROR","{text}"')
        lines[3] = 'APC,"a row that breaks off'
        file.write_text("\n".join(lines) + "\n")
        for _ in range(2):
            talk.run(1)
        sent = [record for record in talk.applicants.values() if record.file]
        states = Counter(record.state for record in sent)
        assert states == {RecordState.CONFIRMED: 2, RecordState.REJECTED: 2, RecordState.EXPORTED: 1}
        assert sorted(len(record.answers) for record in sent) == [0, 1, 1, 1, 1]
        assert {one.text for record in sent for one in record.answers} == {"", *TEXTS}
        assert [(one.source_file, one.row) for one in parked(talk)] == [(file.name, 4)]


def test_a_postcode_that_esr_would_reject_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=1), also=lives_abroad) as talk:
        talk.morning(0)
        talk.run(0)
        said = talk.program("lint", "--as-of", "2026-11-24").text
        assert "address.postcode" in said, said
        assert "Doha" not in said
