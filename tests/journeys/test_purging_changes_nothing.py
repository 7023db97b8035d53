"""What is purged changes nothing of what goes out: the same days with the shortest retention, and with none."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.small_world import TODAY, small_world
from tests.journeys.steady import DEANERY, LIVES_DAYS, LIVING, NEW, Steady, build, npn

from tis_esr.simulation.days.inbound_files import por_values, pos_values, row

DAYS = 32
SHORT = {"keep_rows_days": 2, "keep_personal_days": 3, "keep_history_days": 10}
LONG = dict.fromkeys(SHORT, 3650)
BACK_AFTER = LIVES_DAYS + 17
"""A position comes again two days after all that was kept of its first life has gone."""
CUT, WHOLE_AFTER = 5000, 4


@dataclass
class Eventful(Steady):
    """Besides, deleted positions come again, and a file is cut whose whole copy comes when its rows are gone."""

    def day(self, number: int) -> None:
        if number >= BACK_AFTER:
            self._somebody_comes(number)
        super().day(number)
        if number % 6 == 0:
            self._part(number, [self._por(2)])
        if number % 6 == WHOLE_AFTER:
            rows = [self._por(2), self._por(3)]
            self._file("RMC", number - WHOLE_AFTER, CUT + number - WHOLE_AFTER, rows)

    def _somebody_comes(self, number: int) -> None:
        """Somebody comes to the position that is there again: they are sent, unless it is taken for its first life."""
        world, first = self.small.world, number - BACK_AFTER
        coming = world.placement_to_be(
            world.posts[LIVING + first], world.people[-1 - first], number + 5, number + 11, status="CURRENT"
        )
        self.small.tcs.simulator.store.put_placement(coming)

    def _positions(self, number: int) -> list[bytes]:
        lines, back = super()._positions(number), NEW + number - BACK_AFTER
        if back >= NEW:
            for kind, values in (("POR", por_values), ("POS", pos_values)):
                said = values(back + 1, npn(back), DEANERY, indicator="C")
                lines.append(row("applied", kind, said).raw)
        return lines

    def _part(self, number: int, rows: list[str]) -> None:
        name = f"DE_{DEANERY}_RMC_{TODAY + timedelta(days=number):%Y%m%d}_{CUT + number:08d}.DAT"
        (self.folder / name).write_text("\n".join(rows) + "\n")

    def _por(self, position: int) -> str:
        values = por_values(position + 1, npn(position), DEANERY)
        return row("applied", "POR", values).raw.decode()


def outcome(folder: Path, keep: dict[str, int]) -> dict[str, Any]:
    """Return what ESR and TIS got, and what each day said of its updates and of what was parked."""
    with small_world(folder, build) as small:
        traffic = Eventful(small)
        said = []
        for number in range(DAYS):
            traffic.day(number)
            _, summary = small.run(number, **keep)
            said.append((summary.sent, summary.tis_updates, [parked.reason for parked in summary.parked]))
        store = small.tcs.simulator.store
        return {
            "files": {path.name: path.read_bytes() for path in (folder / "out").iterdir()},
            "positions in TIS": sorted(
                (e["postId"], e["positionId"], e["status"]) for e in store.post_events
            ),
            "exports in TIS": dict(store.placement_events),
            "days": said,
        }


@pytest.mark.timeout(240)
def test_the_same_goes_out_with_the_shortest_retention_and_with_none(tmp_path: Path) -> None:
    """No file leaves the inbound folder, so each day finds those again that the ledger has forgotten."""
    short, long = outcome(tmp_path / "short", SHORT), outcome(tmp_path / "long", LONG)
    assert short == long
    first = NEW + 1
    told = [status for _, position, status in short["positions in TIS"] if position == first]
    assert told == ["DELETED", "RECONCILED", "RECONCILED"]
