"""``--json`` on every command that prints results: one document, keys that stay, codes, zeros, and moments in ISO form."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.terminal.commands import LINES, LONG, SETTINGS, words
from tests.terminal.screens import piped

from tis_esr.operations.doctor.checks import CHECKS

RECORDS = {"TO_EXPORT", "EXPORTED", "CONFIRMED", "REJECTED", "DELETED_BEFORE_EXPORT", "INVALID_DATA"}
ROWS = {"PENDING", "APPLIED", "SUPERSEDED", "UNMATCHED", "PARKED", "IGNORED"}
DAY = {
    "day", "files_in", "gaps", "unconfirmed", "files_out", "sent", "tis_updates", "parked", "invalid", "held_back", "rejected", "unsent", "stale", "earlier",
    "positions", "applicants", "notifications", "unmapped", "waiting",
}  # fmt: skip
LEDGER_FILE = {
    "name", "copy", "deanery", "type", "day", "sequence", "state", "incomplete", "size", "sha256", "rows",
    "row_states", "findings", "open_findings", "rows_gone", "settled", "to_do", "notes", "noted", "rtc",
}  # fmt: skip
GROUP = {"by", "key", "title", "number", "oldest", "causes", "options", "messages"}
KEYS = {
    "demo": DAY,
    "day": DAY,
    "synthesize": {"in", "tcs", "expected", "files", "rows", "posts", "scenarios"},
    "ingest": {"files"},
    "export": {"kind", "day", "dry_run", "requested", "files", "deaneries", "stale", "unsent"},
    "install": {"engine", "created", "findings", "upgraded_from", "copy"},
    "doctor": {"settings", "checks"},
    "processes": {"at", "processes"},
    "alarms": {"alarms", "sinks", "evaluated_at", "is_stale", "unknown", "tests"},
    "files": {"files", "gaps", "unconfirmed", "incomplete_exports", "open_findings", "kept_from"},
    "purge": {"day", "messages", "personal", "history", "guards", "removed", "finished", "holder", "until"},
    "reconcile": {"day", "deaneries", "dry_run", "positions", "parked", "changes", "files", "sent"},
    "redrive": {"requeued", "unreadable", "dry_run", "files", "absent", "waiting"},
    "reconcile-status": {
        "begun_at",
        "finished_at",
        "deaneries",
        "repairs",
        "placements",
        "posts",
        "counts",
        "repaired",
        "unchecked",
        "under_way",
        "purged",
        "differences",
    },
    "recover": {"outage", "unfinished", "day", "begun", "dry_run", "steps"},
    "regenerate": {"day", "dry_run", "selection", "positions", "requeued", "left", "parked", "changes"},
    "batch": {"batches", "items"},
    "audit": {"entries", "verdict"},
    "lint": {"day", "weeks", "checked", "data_from", "findings", "posts", "not_checked"},
    "forecast": {"day", "weeks", "by", "data_from", "lines", "not_counted"},
    "why": {"word", "known", "tis", "answers", "timeline", "changes", "choices", "records"},
    "outage": {"start", "end", "days", "delayed", "dropped"},
    "deadlines": {"day", "days", "at_risk", "missed", "not_counted"},
    "report": {
        "kind",
        "heading",
        "day",
        "version",
        "filters",
        "columns",
        "rows",
        "states",
        "sums",
        "personal",
        "for_trust",
        "disclaimer",
    },
    "person": {"known", "dry_run", "erased", "kept", "waiting", "request"},
    "board": {"day", "now", "cells", "earlier", "history"},
    "expectations": {"day", "expectations", "waivers"},
    "digest": {
        "day",
        "as_of",
        "deanery",
        "is_good",
        "headline",
        "sentences",
        "to_do",
        "alarms",
        "expected",
        "received",
        "sent",
        "nothing_to_send",
        "starters",
        "leaving_tomorrow",
    },
    "promise": {
        "day",
        "weeks",
        "by",
        "promised_days",
        "promised_share",
        "total",
        "lines",
        "months",
        "due",
        "misses",
    },
}
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


def called(line: str, demo: tuple[Path, str], new: Path) -> Any:
    folder, tcs = demo
    said = piped([*words(line, tcs, new), "--json"], folder, env=SETTINGS)
    assert said.errors == ""
    return json.loads(said.raw)


@pytest.mark.parametrize("line", LINES)
def test_the_keys_of_every_command_stay(line: str, demo: tuple[Path, str], tmp_path: Path) -> None:
    found = called(line, demo, tmp_path / "new")
    if line == "parked" or line.startswith("parked list"):
        keys = {"id", "queue", "state", "attempts", "correlation_id", "source_file", "row", "reason", "at"}
        keys |= {"cause", "deanery", "parked_at"}
        if "--by" in line:
            assert all(set(group) == GROUP for group in found)
            found = [message for group in found for message in group["messages"]]
        assert all(set(message) == keys for message in found)
        assert {message["state"] for message in found} == {"PARKED"} or line != "parked"
        assert all(message["at"] == "" or ISO.fullmatch(message["at"]) for message in found)
        return
    for one in found if line == "purge --past" else [found]:
        assert set(one) == KEYS[line.split()[0]]


def test_a_day_counts_every_state_also_where_there_is_none(demo: tuple[Path, str], tmp_path: Path) -> None:
    day = called(LINES[0], demo, tmp_path)
    assert day["day"] == "2026-11-24"
    assert set(day["positions"]) == {"MATCHED", "UNMATCHED", "DELETED"}
    assert set(day["applicants"]) == RECORDS
    assert set(day["notifications"]) == {"1", "2", "4", "5"}
    assert all(set(states) == RECORDS for states in day["notifications"].values())
    assert set(day["tis_updates"]) == {"PLANNED", "APPLIED", "REFUSED"}
    assert set(day["sent"]) == {"APP", "DNC"}
    files = {f"files_{state}" for state in ("taken", "refused", "held", "other_content", "incomplete")}
    assert day["earlier"] == dict.fromkeys([*files, "parked", "invalid", "rejected", "unsent"], 0)
    assert day["waiting"]["esr.queue.por.split"] == 0
    for file in day["files_in"]:
        assert set(file) == {"name", "state", "findings", "rows", "row_states", "reason", "notes"}
        assert (file["state"], set(file["row_states"])) == ("SPLIT", ROWS)
        assert sum(file["row_states"].values()) == file["rows"]
    assert {file["state"] for file in day["files_out"]} == {"SENT"}


def test_an_export_counts_every_deanery_and_every_reason_to_wait(
    demo: tuple[Path, str], tmp_path: Path
) -> None:
    found = called(LINES[4], demo, tmp_path)
    assert len(found["deaneries"]) == 13
    for deanery in found["deaneries"]:
        assert set(deanery) == {"deanery", "rows", "left", "lacks", "sent", "records"}
        assert set(deanery["left"]) == {"NOT_DUE", "TOO_LATE", "LATER_FILE", "HELD_BACK"}
    assert (found["dry_run"], found["requested"]) == (True, False)


def test_files_have_codes_and_people_see_words(demo: tuple[Path, str], tmp_path: Path) -> None:
    folder, _ = demo
    found = called("files", demo, tmp_path)
    assert all(set(file) == LEDGER_FILE for file in found["files"])
    assert {file["state"] for file in found["files"]} <= {"SPLIT", "REFUSED", "HELD"}
    said = piped(["files"], folder, env=SETTINGS).raw
    assert "  Split, incomplete  " in said
    [file] = called(f"ingest demo/in/{LONG}", demo, tmp_path)["files"]
    assert set(file) == {"name", "state", "incomplete", "rows", "findings", "reason"}
    assert file["state"] == "REFUSED"


def test_the_timeline_of_why_is_in_iso_form_with_its_zone(demo: tuple[Path, str], tmp_path: Path) -> None:
    found = called("why 1900002", demo, tmp_path)
    moments = [event["at"] for event in found["timeline"]]
    assert moments
    assert all(ISO.fullmatch(at) or re.fullmatch(r"\d{4}-\d\d-\d\d", at) for at in moments)
    assert any(ISO.fullmatch(at) for at in moments)


def test_a_check_of_the_doctor_says_whether_it_is_well_and_what_was_found(
    demo: tuple[Path, str], tmp_path: Path
) -> None:
    found = called("doctor", demo, tmp_path)
    assert found["settings"]["TIS_ESR_ENGINE"] == "embedded"
    checks = {check["name"]: check for check in found["checks"]}
    assert set(checks) == set(CHECKS)
    assert (checks["settings"]["ok"], checks["settings"]["findings"]) == (True, [])
    assert checks["TCS"]["ok"] is False
    assert set(checks["TCS"]["findings"][0]) == {"setting", "problem", "remedy", "is_note"}
