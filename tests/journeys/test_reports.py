"""``report`` and TIS: posts with and without positions, files for trusts, personal data only with a reason. On both engines."""

import csv
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES
from tests.journeys.story import EMPTY, NO_BIRTH_DATE, UNNUMBERED, WITHOUT_POSITION, Story, npn, story


@pytest.fixture(scope="module", params=ENGINES)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with story(request.param, tmp_path_factory.mktemp("story")) as lived:
        yield lived


def posts(told: Story, *more: str) -> list[tuple[str, str, str]]:
    said = told.program(
        "report", "posts", "--json", "--tcs", told.small.tcs.url, "--as-of", "2026-11-26", *more
    )
    assert said.code == 0, said.text
    return [(row["post_number"], row["state"], row["positions"]) for row in said.json["rows"]]


def test_posts_of_tis_have_their_positions_and_those_without_are_found(told: Story) -> None:
    found = posts(told)
    assert (npn(1), "with position", "1001") in found
    assert len(found) == 13
    expected = [(npn(11), "without position", ""), (npn(12), "only deleted positions", "")]
    assert posts(told, "--without-position") == expected
    assert (
        posts(told, "--without-position", "--trust", "RX1", "--deanery", "EOE", "--grade", "str") == expected
    )
    assert posts(told, "--deanery", "LDN") == posts(told, "--trust", "RX9") == []
    assert WITHOUT_POSITION != EMPTY


def test_posts_are_read_from_tis_so_its_address_is_needed(told: Story) -> None:
    said = told.program("report", "posts")
    assert said.code == 2
    assert "--tcs: give the URL of TCS, or set TIS_ESR_TCS_URL: only TIS knows all posts" in said.text
    away = told.program("report", "posts", "--tcs", "http://127.0.0.1:9/tcs")
    assert away.code == 3


def test_a_file_for_a_trust_has_no_person_and_no_id_of_ours(told: Story, tmp_path: Path) -> None:
    place = tmp_path / "trust.csv"
    said = told.program(
        "report", "invalid", "--trust", "RX1", "--for-trust", "--csv", place, "--as-of", "2026-11-26"
    )
    assert said.code == 0
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    lines = list(csv.reader(place.read_text("utf-8-sig").splitlines()))
    assert lines[1:3] == [["For trust RX1"], [f"As of 26 Nov 2026, tis-esr {lines[2][0].rpartition(' ')[2]}"]]
    heads, *rows = lines[5:]
    assert {"gmc_number", "record", "message"}.isdisjoint(heads)
    assert [row[heads.index("reason")] for row in rows] == ["missing: positionNumber", "missing: dob"]
    text = place.read_text("utf-8-sig")
    assert not any(str(number) in text for number in (UNNUMBERED, NO_BIRTH_DATE))
    assert "7200" not in text


def test_personal_data_needs_a_reason_and_is_audited(told: Story, tmp_path: Path) -> None:
    place = tmp_path / "rejections.csv"
    said = told.program("report", "rejections", "--csv", place, "--personal", "ticket 4711")
    assert said.code == 0
    acts = told.program("audit", "--json").json["entries"]
    assert [one["why"] for one in acts if one["act"] == "report.personal"] == ["ticket 4711"]
    assert "Applicant exists already for this position" in place.read_text("utf-8-sig")
    assert "Applicant exists" not in told.program("report", "rejections", "--csv", "-").text


def test_a_summary_comes_before_the_rows(told: Story) -> None:
    lines = told.program("report", "positions", "--as-of", "2026-11-26").text.splitlines()
    assert lines[0] == "Positions in ESR, and their posts in TIS"
    assert "Rows: 13 (1 deleted, 11 matched, 1 unmatched)" in lines
    assert any(line.startswith("By trust") for line in lines)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("report",), "Missing argument"),
        (("report", "people"), "'people' is not one of"),
        (("report", "invalid", "--for-trust"), "--for-trust: needs --trust CODE"),
        (
            ("report", "invalid", "--for-trust", "--trust", "RX1", "--personal", "x"),
            "--personal: can't be combined",
        ),
        (
            ("report", "invalid", "--without-position"),
            "--without-position: is for tis-esr report posts, not for invalid",
        ),
        (("report", "invalid", "--csv", "-", "--json"), "--csv: can't be combined with --json"),
        (("report", "updates", "--trust", "RX1"), "--trust: person updates are not stored by post"),
        (("report", "invalid", "--personal", " "), "--personal: give the reason"),
        (
            ("report", "invalid", "--csv", "/nowhere/x.csv"),
            "--csv: /nowhere/x.csv: No such file or directory",
        ),
    ],
)
def test_mistakes_are_reported_in_one_line(told: Story, words: tuple[str, ...], expected: str) -> None:
    said = told.program(*words)
    assert said.code == 2
    assert expected in said.text
