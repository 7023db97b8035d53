"""The parked desk from a terminal, on both engines: what is parked, whether a retry is safe, batches, and the audit."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.engine.envelope import Message
from tis_esr.engine.protocol import Commit
from tis_esr.operations.composition import engine_for_operation
from tis_esr.parking_causes import ParkingCause
from tis_esr.settings import Settings
from tis_esr.simulation.days.generated_world import World

PEOPLE = 3
SURNAME = "Changed-Specimen"


def without_contact_details(world: World) -> None:
    for number in range(PEOPLE):
        person = world.person()
        world.placement(world.post("EOE", npn=f"{NPN}{number}"), person, -10, 100)
        person["contactDetails"] = None


def assigned(number: int) -> list[str]:
    return [
        f'ASG,{number},"","C",{number},"","",,,"{NPN}{number}","Lead Employer"',
        f'PER,{number},"","C","","","","{SURNAME}"',
        f'PBD,{number},"","C","General Medical Council","{7200001 + number}",',
    ]


@dataclass
class Desk:
    """The program on one engine, after a day of which TCS rejected three people and one row could not be read."""

    called: Program
    small: Small
    name: str

    def day(self, as_of: str) -> Said:
        words = ["--in", self.small.folder / "in", "--out", self.small.folder / "out"]
        return self.called("day", *words, "--tcs", self.small.tcs.url, "--as-of", as_of)

    def fix(self) -> None:
        """Give TCS the contact details whose lack it rejected."""
        for person in self.small.tcs.simulator.store.people.values():
            person["contactDetails"] = {"id": person["id"], "surname": "Specimen", "legalSurname": "Specimen"}

    def audited(self) -> list[Any]:
        """Return the acts after the day, newest first."""
        return [one for one in self.called("audit", "--json").json["entries"] if one["act"] != "day"]

    def rejected(self) -> list[str]:
        return [one["id"] for one in self.called("parked", "list", "--cause", "tcs-rejected", "--json").json]


@pytest.fixture(params=ENGINES)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with small_world(tmp_path, without_contact_details) as small:
        bad = por(1).replace("POR,1,", "POR,twelve,")
        name = small.file(*(row for number in range(PEOPLE) for row in assigned(number)), bad)
        opened = Desk(program(request.param, tmp_path), small, name)
        assert opened.called("install").code == 0
        assert opened.day("2026-11-24").code == 1
        yield opened


def test_what_is_parked_is_listed_by_cause_filtered_and_exported_without_bodies(desk: Desk) -> None:
    said = desk.called("parked").text
    assert "TCS rejected the call (tcs-rejected)\n  3 messages. Who acts: support\n" in said
    assert "A row from ESR cannot be read (row-unreadable)\n  1 message. Who acts: ESR\n" in said
    assert len(desk.rejected()) == PEOPLE
    assert desk.called("parked", "list", "--file", "other.DAT").text == (
        "No parked message meets the conditions: file other.DAT.\n"
    )
    assert desk.called("parked", "list", "--older-than", "1h").code == 0
    lines = desk.called("parked", "export", "--deanery", "EOE").text.splitlines()
    assert lines[0].startswith("id,queue,state,attempts,correlation_id,source_file,row,reason,at,cause")
    assert len(lines) == 1 + PEOPLE + 1
    assert SURNAME not in "".join(lines)


def test_what_is_parked_is_grouped_by_age_office_and_file_and_each_group_leads_to_its_messages(
    desk: Desk,
) -> None:
    total = {one["id"] for one in desk.called("parked", "--json").json}
    assert len(total) == PEOPLE + 1
    for by, titles in {
        "cause": ["TCS rejected the call", "A row from ESR cannot be read"],
        "age": ["Parked today"],
        "office": ["EOE"],
        "file": [desk.name],
    }.items():
        groups = desk.called("parked", "list", "--by", by, "--json").json
        assert [group["title"] for group in groups] == titles
        said = desk.called("parked", "list", "--by", by).text
        for group in groups:
            assert group["title"] in said
            assert group["options"] in said
            listed = desk.called("parked", "list", *group["options"].split(), "--json").json
            assert listed == group["messages"]
        assert {one["id"] for group in groups for one in group["messages"]} == total
    said = desk.called("parked", "list", "--by", "office").text
    assert said == (
        "EOE\n  4 messages: 3 tcs-rejected, 1 row-unreadable\n  tis-esr parked list --deanery EOE\n"
    )
    assert desk.called("parked", "list", "--deanery", "none").code == 0


def test_a_message_is_shown_masked_and_a_look_behind_the_mask_is_audited(desk: Desk) -> None:
    first = desk.rejected()[0]
    said = desk.called("parked", "show", first[:10])
    assert said.code == 0
    assert SURNAME not in said.text
    assert "Is it safe? A retry takes effect: nothing newer of it has been handled." in said.text
    assert "Runbook: docs/runbooks/parked/tcs-rejected.md" in said.text
    assert desk.audited() == []
    assert (
        desk.called("audit", "--act", "parked.look").text
        == "No entry of the audit has the act parked.look.\n"
    )

    seen = desk.called("parked", "show", first, "--unmask", "--why", "ticket 4711")
    assert SURNAME in seen.text
    [look] = desk.audited()
    assert (look["act"], look["on"], look["why"]) == ("parked.look", [first], "ticket 4711")
    assert SURNAME not in json.dumps(look)


def test_a_batch_of_what_tcs_rejected_ends_with_a_verdict_for_each(desk: Desk) -> None:
    choice = ["--cause", "tcs-rejected"]
    dry = desk.called("parked", "retry", *choice, "--dry-run", "--json").json
    assert (dry["messages"], dry["by_outlook"]) == (PEOPLE, {"takes effect": PEOPLE})
    assert len(desk.rejected()) == PEOPLE
    assert desk.called("parked", "retry", *choice, "--expect", dry["token"]).code == 2

    desk.fix()
    said = desk.called("parked", "retry", *choice, "--expect", dry["token"], "--why", "TIS was corrected")
    assert said.code == 0
    [batch] = desk.called("batch", "--json").json["batches"]
    assert f"Batch {batch['id']} has begun with its first message as the tracer" in said.text
    assert batch["counts"] == {"waiting": 1, "not begun": PEOPLE - 1}
    changed = desk.called("parked", "retry", *choice, "--expect", dry["token"], "--why", "once more")
    assert (changed.code, "the set has changed: 3 messages at the dry run, 2 now" in changed.text) == (
        2,
        True,
    )
    other = desk.called("parked", "retry", *choice, "--why", "once more")
    assert (other.code, f"2 of these messages are in another batch: {batch['id']}" in other.text) == (2, True)

    desk.day("2026-11-25")
    shown = desk.called("batch", "show", batch["id"])
    assert (shown.code, f"{batch['id']}  finished: TIS was corrected" in shown.text) == (0, True)
    assert "Verdicts: 3 done" in shown.text
    assert desk.rejected() == []
    again = desk.called("batch", "resume", batch["id"], "--why", "again")
    assert (again.code, f"{batch['id']} can't be resumed: it is finished since" in again.text) == (2, True)


def test_a_retry_of_one_message_needs_a_reason_too_which_the_audit_has(desk: Desk) -> None:
    first = desk.rejected()[0]
    refused = desk.called("parked", "retry", first)
    assert (refused.code, "--why: say why they are retried" in refused.text) == (2, True)
    assert first in desk.rejected()
    assert desk.called("parked", "retry", first, "--why", "TIS was corrected").code == 0
    [entry] = desk.audited()
    assert (entry["act"], entry["on"], entry["why"]) == ("parked.retry", [first], "TIS was corrected")


@pytest.mark.parametrize(
    "words",
    [
        ("parked", "show", "{}"),
        ("parked", "retry", "{}", "--why", "w"),
        ("parked", "discard", "{}", "--why", "w", "--ticket", "T1", "--review", "2099-01-31"),
        ("redrive", "{}", "--why", "w"),
    ],
)
def test_the_beginning_of_several_ids_is_refused_with_all_of_them_and_nothing_is_done(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    called = program("embedded", tmp_path)
    ids = ["abcd1111", "abcd2222"]
    asyncio.run(park(tmp_path / "state.sqlite", ids))
    said = called(*(word.format("abcd") for word in words))
    assert (said.code, said.text) == (
        2,
        "tis-esr: ID: 'abcd' is the beginning of 2 ids (abcd1111, abcd2222); give more of it\n",
    )
    assert [one["id"] for one in called("parked", "--json").json] == ids


async def park(state: Path, ids: list[str]) -> None:
    async with engine_for_operation(Settings(), state) as runner:
        for id_ in ids:
            stuck = Message(
                id=id_, queue="esr.queue.tis.change", correlation_id="", source_file="", deanery="", row=0, body=b"{}"
            )  # fmt: skip
            parked = [(stuck, "the record has no timestamp", ParkingCause.TIS_CHANGE_INVALID)]
            await runner.engine.commit(Commit(parked=parked))


def test_a_tracer_that_tcs_rejects_again_stops_the_batch(desk: Desk) -> None:
    desk.called("parked", "retry", "--cause", "tcs-rejected", "--why", "perhaps")
    desk.day("2026-11-25")
    [batch] = desk.called("batch", "--json").json["batches"]
    assert (batch["state"], batch["counts"]) == ("stopped", {"parked again, same cause": 1, "not begun": 2})
    assert len(desk.rejected()) == PEOPLE
    resumed = desk.called("batch", "resume", batch["id"], "--why", "again")
    assert "it is stopped since" in resumed.text
    assert "start a new one: tis-esr parked retry" in resumed.text


def test_what_is_discarded_stays_listed_with_its_ticket_and_day_of_review(desk: Desk) -> None:
    remark = ["--why", "row sent again", "--ticket", "T-17", "--review", "2099-01-31"]
    unreadable = ["discard", "--cause", "row-unreadable"]
    assert desk.called("parked", *unreadable, *remark, "--dry-run").text == (
        "1 would be discarded; nothing was changed.\n"
    )
    assert desk.called("parked", *unreadable, *remark).code == 0
    listed = desk.called("parked", "list", "--discarded").text
    assert "row sent again, T-17" in listed
    assert "Review on: 31 Jan 2099" in listed
    assert [one["act"] for one in desk.audited()] == ["parked.discard"]
    verified = desk.called("audit", "--verify")
    assert (verified.code, verified.text.splitlines()[0]) == (
        0,
        "OK: the chain of entries is unbroken (3 checked).",
    )
