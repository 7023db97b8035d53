"""The audit of vulnerabilities: finds them by a database on disk alone, and never passes without one."""

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from supply_chain import audit, osv
from tis_esr import wall_clock

TODAY = date(2026, 11, 26)
USED = [
    audit.Used("PyPI", "some-package", "2.5", "requirements.txt"),
    audit.Used("npm", "some-package", "9.0", "a.js"),
]


FOR_NPM = {
    "id": "EXAMPLE-2026-9",
    "modified": "2026-11-21T10:00:00Z",
    "affected": [{"package": {"ecosystem": "npm", "name": "another"}, "versions": ["1.0"]}],
}


def _advisory(**changed: Any) -> dict[str, Any]:
    affected = {
        "package": {"ecosystem": "PyPI", "name": "Some_Package"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "2.0"}, {"fixed": "2.6"}]}],
    }
    entry = {
        "id": "EXAMPLE-2026-1",
        "modified": "2026-11-20T10:00:00Z",
        "summary": "Reads beyond a buffer",
        "aliases": ["EXAMPLE-ALIAS"],
        "affected": [{**affected, **changed.pop("affected", {})}],
    }
    return {**entry, **changed}


def _events(*events: dict[str, str]) -> dict[str, Any]:
    return {"affected": {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}}


@pytest.fixture(autouse=True)
def without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("the audit uses no network")

    monkeypatch.setattr("socket.socket.connect", refused)
    monkeypatch.setattr("socket.getaddrinfo", refused)
    monkeypatch.setattr(wall_clock, "today", lambda: TODAY)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "osv"
    path.mkdir()
    return path


def _put(database: Path, entry: object, name: str = "one.json") -> None:
    (database / name).write_text(json.dumps(entry))


def _findings(database: Path, *waived: audit.Acceptance) -> list[str]:
    return list(audit.findings(USED, osv.read(database), list(waived), TODAY))


def test_a_version_within_a_range_is_found_with_the_version_that_fixes_it(database: Path) -> None:
    _put(database, _advisory())
    assert _findings(database) == [
        "some-package 2.5 (requirements.txt): EXAMPLE-2026-1, EXAMPLE-ALIAS: Reads beyond a buffer. Fixed in: 2.6."
    ]


@pytest.mark.parametrize(
    ("changed", "is_found"),
    [
        (_events({"introduced": "0"}), True),
        (_events({"introduced": "0"}, {"fixed": "2.5"}), False),
        (_events({"fixed": "2.10"}, {"introduced": "2.5"}), True),
        (_events({"introduced": "0"}, {"last_affected": "2.5"}), True),
        (_events({"introduced": "0"}, {"last_affected": "2.4"}), False),
        (_events({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.5"}, {"fixed": "2.5.1"}), True),
        (_events({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "3.0"}), False),
        (_events({"introduced": "2.5.post1"}), False),
        (_events({"introduced": "not a version"}), True),
        ({"affected": {"ranges": [], "versions": ["2.4", "2.5"]}}, True),
        ({"affected": {"ranges": [], "versions": ["2.4"]}}, False),
        ({"affected": {"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}}, False),
        ({"affected": {"package": {"ecosystem": "PyPI", "name": "another"}}}, False),
        ({"affected": {"package": {"ecosystem": "npm", "name": "some-package"}}}, False),
    ],
)
def test_exactly_what_is_affected_is_found(database: Path, changed: dict[str, Any], is_found: bool) -> None:
    _put(database, _advisory(**changed))
    assert bool(_findings(database)) is is_found


@pytest.mark.parametrize("name", ["lodash.merge", "@scope/JSON_stream"])
def test_a_package_of_npm_is_found_by_its_name_as_it_is(database: Path, name: str) -> None:
    """PyPI takes a dot, a hyphen and an underscore for the same, npm does not."""
    _put(database, _advisory(affected={"package": {"ecosystem": "npm", "name": name}}))
    used = [audit.Used("npm", one, "2.5", "a.json") for one in (name, name.lower().replace(".", "-"))]
    found = list(audit.findings(used, osv.read(database), [], TODAY))
    assert [line.partition(" ")[0] for line in found] == [name]


def test_an_entry_that_was_withdrawn_is_none(database: Path) -> None:
    _put(database, _advisory(withdrawn="2026-11-21T00:00:00Z"))
    _put(database, _advisory(id="EXAMPLE-2026-2", **_events({"introduced": "7"})), "two.json")
    assert _findings(database) == []


def test_the_exports_zip_file_is_read_as_it_is(database: Path) -> None:
    with zipfile.ZipFile(database / "all.zip", "w") as archive:
        archive.writestr("EXAMPLE-2026-1.json", json.dumps(_advisory()))
    assert len(_findings(database)) == 1
    assert len(osv.read(database / "all.zip")) == 1


@pytest.mark.parametrize(("until", "number"), [(date(2026, 11, 26), 0), (date(2026, 11, 25), 1)])
def test_an_accepted_finding_returns_after_its_last_day(database: Path, until: date, number: int) -> None:
    _put(database, _advisory())
    accepted = audit.Acceptance("EXAMPLE-2026-1", "some-package", "its parser is not used", until)
    assert len(_findings(database, accepted)) == number


def test_what_is_accepted_in_the_project_has_a_reason() -> None:
    assert all(len(one.reason) > 10 for one in audit.accepted())


def _locked_entry(version: str) -> dict[str, Any]:
    events = {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": version}]}]}
    return _advisory(affected={"package": {"ecosystem": "PyPI", "name": "cryptography"}, **events})


def test_a_database_for_npm_only_or_with_old_entries_for_npm_fails(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each ecosystem is an export of its own, and one of them may be forgotten, or be that of last year."""
    _put(database, FOR_NPM)
    assert audit.main([str(database)]) == 3
    assert "has no OSV entry for PyPI. Nothing was checked." in capsys.readouterr().err
    _put(database, {**FOR_NPM, "modified": "2025-11-20T10:00:00Z"})
    _put(database, _locked_entry("9999"), "two.json")
    assert audit.main([str(database)]) == 3
    assert "its newest advisory for npm is 371 days old" in capsys.readouterr().err


def test_a_finding_in_what_the_project_locks_fails(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _put(database, _locked_entry("0"))
    _put(database, FOR_NPM, "npm.json")
    assert audit.main([str(database)]) == 1
    printed = capsys.readouterr().out
    assert "(requirements.txt): EXAMPLE-2026-1" in printed
    assert "against 2 advisories, the newest for PyPI 6 and for npm 5 days old. Findings: " in printed


def test_without_a_finding_it_passes_and_says_what_it_checked(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _put(database, _locked_entry("9999"))
    _put(database, FOR_NPM, "npm.json")
    assert audit.main([str(database)]) == 0
    assert capsys.readouterr().out.endswith("Findings: 0.\n")


def test_a_finding_in_what_npm_installs_for_the_tests_fails(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _put(database, _locked_entry("9999"))
    affected = {"package": {"ecosystem": "npm", "name": "typescript"}, "versions": ["5.9.3"]}
    _put(database, {**FOR_NPM, "affected": [affected]}, "npm.json")
    assert audit.main([str(database)]) == 1
    assert "typescript 5.9.3 (package-lock.json): EXAMPLE-2026-9" in capsys.readouterr().out


def test_all_locks_and_what_is_copied_are_audited() -> None:
    places = {one.where.split("/")[-1] for one in audit.in_use()}
    assert places == {
        "requirements.txt",
        "requirements-build.txt",
        "requirements-dev.txt",
        "nhsuk-frontend.css",
        "package-lock.json",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "has no OSV entry for PyPI and npm"),
        (
            {**_advisory(), "affected": [{"package": {"ecosystem": "Go", "name": "x"}}]},
            "has no OSV entry for PyPI.",
        ),
        ({"summary": "without an id"}, "one.json is not an OSV entry"),
        (
            _advisory(modified="2026-10-26T00:00:00Z"),
            "its newest advisory for PyPI is 31 days old, at most 30 are allowed",
        ),
        (_advisory(modified="yesterday"), "Nothing was checked"),
    ],
)
def test_a_database_that_cannot_be_relied_on_fails(
    database: Path, content: object, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content:
        _put(database, content)
        _put(database, FOR_NPM, "npm.json")
    assert audit.main([str(database)]) == 3
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Nothing was checked." in printed.err
    assert printed.out == ""


@pytest.mark.parametrize("words", [[], [""], ["no-such-folder"]])
def test_without_a_database_it_fails_and_says_what_to_do(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit.main(words) == 3
    said = capsys.readouterr().err
    assert "make audit OSV=FOLDER" in said or "no-such-folder is not a folder and not a ZIP file" in said
