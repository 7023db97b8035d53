"""The days after the demo's first: TIS changes, the simulated ESR answers, trusts change positions, the day is run."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from tis_esr.commands.day import day
from tis_esr.commands.demo_folder import when_files_come
from tis_esr.operations.beliefs import Beliefs, beliefs
from tis_esr.operations.composition import reader_of, window
from tis_esr.operations.day_summary import Summary
from tis_esr.settings import Settings
from tis_esr.simulation.esr.behaviour import Behaviour
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.trusts import Change, adopt, change, edit
from tis_esr.simulation.tcs.server import Running

SEED = 7
REAL = Behaviour(rejected=0.05, warned=0.05, twice=0.3, escapes_quotes=False)
_SENT_AGAIN = 12


@dataclass
class Conversation:
    """A demo's folder after its first day, with the simulated TCS and ESR."""

    settings: Settings
    folder: Path
    as_of: date
    tcs: Running
    esr: Esr = field(default_factory=lambda: Esr(seed=SEED, behaviour=REAL))

    def days(self, number: int) -> Iterator[Summary]:
        """Run the days from the second on, ``number`` in all; yield the summary of each."""
        for path in sorted((self.folder / "in").iterdir()):
            adopt(self.esr.holdings, path.name, path.read_bytes())
        self._evening(self.as_of)
        for later in range(1, number):
            today = self.as_of + timedelta(days=later)
            if later == 1:
                self._changes_of_the_next_day(today)
            else:
                self._trusts_change(today)
            for name, content in {**self.esr.changes(today), **self.esr.answers(today)}.items():
                (self.folder / "in" / name).write_bytes(content)
            yield self._day(today)
            self._evening(today)

    def beliefs(self, today: date) -> Beliefs:
        """Return what TIS, this system and ESR each hold after a day."""
        with closing(reader_of(self.settings, self.folder / "state.sqlite")) as reader:
            return beliefs(reader, self.tcs.simulator.store, self.esr, today, window(self.settings))

    def _day(self, today: date) -> Summary:
        folder, url = self.folder, self.tcs.url
        _, summary = day(
            self.settings,
            folder / "in",
            folder / "out",
            url,
            today,
            folder / "state.sqlite",
            at=when_files_come(today),
        )
        return summary

    def _evening(self, today: date) -> None:
        """Deliver the files of a day to ESR."""
        for path in sorted((self.folder / "out").glob(f"*_{today:%Y%m%d}_*.DAT")):
            self.esr.take(path.name, path.read_bytes(), today)

    def _changes_of_the_next_day(self, today: date) -> None:
        """Apply the changes of the generated next day in TIS and in trusts, with a late and a repeated file."""
        for line in (self.folder / "next" / "changes.jsonl").read_bytes().splitlines():
            self._change_in_tis(msgspec.json.decode(line))
        for path in sorted((self.folder / "next" / "in").iterdir()):
            if f"_{today:%Y%m%d}_" in path.name:
                edit(self.esr.holdings, path.name.split("_")[1], path.read_bytes(), today)
            else:
                shutil.copyfile(path, self.folder / "in" / path.name)

    def _change_in_tis(self, said: dict[str, Any]) -> None:
        """Store or delete what a call to TCS would."""
        tis = self.tcs.simulator.store
        if said["method"] == "DELETE":
            tis.remove_placement(int(said["path"].rpartition("/")[2]))
        elif said["path"] == "/api/posts":
            tis.put_post(said["body"])
        else:
            tis.put_placement(said["body"])

    def _trusts_change(self, today: date) -> None:
        """Let trusts delete one position and send a few again, chosen by the seed."""
        live = [position.id for position in self.esr.holdings.positions.values() if not position.deleted]
        gone, *again = Random(f"{SEED} {today}").sample(live, _SENT_AGAIN)  # noqa: S311 - a game, no secret
        change(self.esr.holdings, [Change(gone, deleted=True), *map(Change, again)], today)
