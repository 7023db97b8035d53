"""A DNF holds what stands of every live position of a deanery, once, and its rows are answered like any other."""

import pytest
from tests.services.bench import Bench, Benches, message
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere, said
from tests.services.records import NPN, draft, notifications
from tests.services.watched import FailingCommit

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.runner import Runner
from tis_esr.files.folder import Folder
from tis_esr.services.contracts.bodies import NotificationsGenerated
from tis_esr.services.contracts.commands import NOTIFICATION_COMMAND, ask
from tis_esr.services.data_exporter import full_export
from tis_esr.services.data_exporter.full_export import FULL_EXPORT, FullExport
from tis_esr.services.data_exporter.outbound import NOTIFICATIONS, OUTBOUND_FILES
from tis_esr.simulation.esr.esr import Esr

DNC, DNF = "DE_EOE_DNC_20261124_00000008.DAT", "DE_EOE_DNF_20261124_00000014.DAT"


def of(position: int, version: int, *columns: dict[str, str], deanery: str = "EOE") -> Message:
    """Say what stands of a position: a type 1 for each of ``columns``."""
    drafts = [
        draft(f"1:now:{number}", **{"positionId": position, **more}) for number, more in enumerate(columns)
    ]
    drafts = [type(one)(key=f"{position}:{one.key.partition(':')[2]}", columns=one.columns) for one in drafts]
    body = notifications(version, *drafts).decode(NotificationsGenerated)
    view = type(body.position)(
        position_id=position, position_number=position + 1000, deanery_number=NPN, deanery=deanery, post_id=1
    )
    body = NotificationsGenerated(
        position=view, version=version, notifications=body.notifications, built_on=body.built_on,
        built_at=body.built_at,
    )  # fmt: skip
    return message("esr.queue.notification.generated", (position, version), body)


async def full(bench: Bench, occasion: str = "full", **more: bool) -> dict[str, list[str]]:
    """Ask for EOE's DNF by a command; return the rows of every DNF by name."""
    work = bench.runner.work()
    ask(work, NOTIFICATION_COMMAND, bench.today[0], ["EOE"], occasion, full=True, **more)
    await work.commit()
    await bench.finish(f"esr.queue.{NOTIFICATION_COMMAND}")
    return made(bench)


def made(bench: Bench) -> dict[str, list[str]]:
    return {
        path.name: path.read_text().splitlines()[1:-1] for path in sorted(bench.out.glob("DE_EOE_DNF_*.DAT"))
    }


def positions(rows: list[str]) -> list[str]:
    return [row.split(",")[38] for row in rows]


async def stand(bench: Bench) -> None:
    """Positions 1 and 2 were sent; 3 waits; 4 stood and no longer does; 5 is another deanery's; 1 has a type 4 too."""
    await bench.deliver([of(1, 1, {}), of(2, 1, {}, {"currentTraineeLastName": "Second"}), of(4, 1, {})])
    await export(bench, NOTIFICATION_COMMAND)
    await bench.deliver([of(3, 1, {}), of(4, 2), of(5, 1, {}, deanery="KSS")])


async def test_it_holds_what_stands_of_every_live_position_sent_or_not(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stand(bench)
        assert {name: positions(rows) for name, rows in (await full(bench)).items()} == {
            DNF: ["1", "2", "2", "3"]
        }
        states = await said(bench)
        assert (states["3:1:now:0#1"], states["1:now:0#1"], states["1:now:0#2"]) == ("EXPORTED",) * 3
        assert len(await export(bench, NOTIFICATION_COMMAND, "later")) == 4  # those of the first DNC


async def test_asked_for_twice_it_is_one_file_unless_something_is_new_or_it_is_wanted(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stand(bench)
        first = await full(bench)
        assert await full(bench, "again") == first
        await bench.deliver([of(1, 2, {"currentTraineeLastName": "Newname"})])
        second = await full(bench, "something new")
        assert [positions(rows) for rows in second.values()] == [["1", "2", "2", "3"]] * 2
        assert '"Newname"' in second["DE_EOE_DNF_20261124_00000015.DAT"][0]
        assert await full(bench, "third") == second
        assert len(await full(bench, "wanted", again=True)) == 3


async def test_the_same_command_again_makes_nothing_again(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stand(bench)
        first = await full(bench, again=True)
        run = FullExport(bench.runner.work, Folder(bench.out), FULL_EXPORT)
        for _ in range(2):
            await run.full(bench.today[0], "EOE", occasion="one", again=True)
        assert len(made(bench)) == len(first) + 1


async def test_esr_can_read_it_and_its_answer_is_attached(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stand(bench)
        await full(bench)
        received = Esr().take(DNF, (bench.out / DNF).read_bytes(), bench.today[0])
        assert received.quarantined == []
        dcc = DNF.replace("DNF", "DCC")
        values = {"row": 1, "loadStatusCode": "SUCCESS", "positionId": 1}
        await bench.deliver([message("esr.queue.dcc.split", 1, values, dcc, 2)])
        states = await said(bench)
        assert (states["1:now:0#1"], states["1:now:0#2"]) == ("EXPORTED", "CONFIRMED")


@pytest.mark.parametrize("fails_at", range(1, 9))
async def test_wherever_it_is_interrupted_there_is_one_file_with_each_row_once(
    embedded: Benches, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    monkeypatch.setattr(full_export, "_POSITIONS_A_CHUNK", 1)
    async with embedded.open(EXPORTER, nowhere()) as bench:
        await stand(bench)
        dying = Runner(
            FailingCommit(bench.engine, fails_at), bench.runner.handlers, today=lambda: bench.today[0]
        )
        run = FullExport(dying.work, Folder(bench.out), FULL_EXPORT)
        try:
            await run.full(bench.today[0], "EOE", occasion="one")
        except TransientError:
            run = FullExport(bench.runner.work, Folder(bench.out), FULL_EXPORT)
            await run.full(bench.today[0], "EOE", occasion="one")
        assert {name: positions(rows) for name, rows in made(bench).items()} == {DNF: ["1", "2", "2", "3"]}
        files = (await bench.all(OUTBOUND_FILES)).values()
        assert [file.state.name for file in files if file.type == "DNF"] == ["SENT"]


async def test_one_that_esr_would_reject_is_held_back_and_the_rest_goes(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([of(1, 1, {"postVacantAtNextRotation": "maybe"}), of(2, 1, {})])
        assert [positions(rows) for rows in (await full(bench)).values()] == [["2"]]
        assert (await said(bench))["1:now:0#1"] == "INVALID_DATA"
        assert len(await full(bench, "again")) == 1


async def test_a_deanery_of_which_nothing_stands_gets_no_file(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        assert await full(bench) == {}
        assert await bench.all(NOTIFICATIONS) == {}
        assert await bench.all(OUTBOUND_FILES) == {}
