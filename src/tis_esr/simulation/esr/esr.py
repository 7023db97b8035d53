"""ESR: receives files, and returns each day the files that it sends."""

from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256

from tis_esr.simulation.esr import esr_messages as messages
from tis_esr.simulation.esr.behaviour import Behaviour
from tis_esr.simulation.esr.esr_messages import Message
from tis_esr.simulation.esr.esr_state import Holdings, Received
from tis_esr.simulation.esr.frames import Name, open_file, parse_name
from tis_esr.simulation.esr.loading import load, rows_of, why_quarantined
from tis_esr.simulation.esr.own_files import confirmations, half, positions_file

_OTHER_CONTENT = "a file of this name with other content was received before"
_ANSWERED = {"APP": "APC", "DNC": "DCC", "DNF": "DCC"}
_ONE_DAY = timedelta(days=1)


class Esr:
    """One ESR for all local offices. The same seed, files and days give the same answers.

    ``behaviour`` holds for the files that it takes from then on, and for the answers to all.
    """

    def __init__(
        self, holdings: Holdings | None = None, *, seed: int = 1, behaviour: Behaviour | None = None
    ) -> None:
        self.holdings = holdings or Holdings()
        self._seed = seed
        self.behaviour = behaviour or Behaviour()

    def take(self, name: str, content: bytes, day: date) -> Received:
        """Load a file, or quarantine it; a repeated one changes nothing."""
        digest = sha256(content).hexdigest()
        known = self.holdings.files.get(name)
        if known is not None:
            other = Received(digest=digest, on=day, quarantined=[_OTHER_CONTENT])
            return known if known.digest == digest else other
        frame = open_file(name, content)
        received = Received(digest=digest, on=day, quarantined=list(frame.faults))
        said = parse_name(name)
        if said is not None and not frame.faults:
            rows = rows_of(said, frame.rows)
            received.quarantined = list(why_quarantined(said, rows))
            if not received.quarantined:
                received.outcomes = load(said, name, rows, self.holdings, self._luck(said))
        self.holdings.files[name] = received
        return received

    def answers(self, day: date) -> dict[str, bytes]:
        """Return the APC and DCC files of a day by name: the answers to files received the day before, or earlier.

        What was quarantined is never answered. The same day asked for again gives the same files.
        """
        found: dict[str, bytes] = {}
        for name, received in self.holdings.files.items():
            said = parse_name(name)
            if said is None or said.type not in _ANSWERED or received.quarantined:
                continue
            whole = confirmations(said, received.outcomes, escapes_quotes=self.behaviour.escapes_quotes)
            for due, is_cut in self._answer_days(name, received):
                if due == day:
                    found[said.answer(_ANSWERED[said.type])] = half(whole) if is_cut else whole
        return found

    def is_answered(self, name: str, by: date) -> bool:
        """Return whether a file's complete answer was sent on a day or before."""
        received = self.holdings.files[name]
        days = [due for due, is_cut in self._answer_days(name, received) if not is_cut]
        return not received.quarantined and min(days) <= by

    def changes(self, day: date) -> dict[str, bytes]:
        """Return the day's RMC of each local office whose trusts changed a position on the day, by name."""
        changed = {p.deanery for p in self.holdings.positions.values() if p.touched == day}
        return dict(self._positions("RMC", deanery, day, changed_only=True) for deanery in sorted(changed))

    def full(self, deanery: str, day: date) -> tuple[str, bytes]:
        """Return name and content of an RMF: every position of a local office."""
        return self._positions("RMF", deanery, day, changed_only=False)

    def _positions(self, kind: str, deanery: str, day: date, *, changed_only: bool) -> tuple[str, bytes]:
        """Make a file of positions under the next number; RMF and RMC of a local office share their numbers."""
        number = self.holdings.sequences[deanery] = self.holdings.sequences.get(deanery, 0) + 1
        name = Name(deanery, kind, day, f"{number:08d}")
        own = [position for position in self.holdings.positions.values() if position.deanery == deanery]
        going = [position for position in own if not changed_only or position.touched == day]
        return name.answer(kind), positions_file(name, going)

    def _answer_days(self, name: str, received: Received) -> Sequence[tuple[date, bool]]:
        """Return when a file is answered, and whether the answer is cut off."""
        ways = self.behaviour
        first = received.on + _ONE_DAY
        if ways.happens(ways.late, self._seed, "late", name):
            first += _ONE_DAY
        if ways.happens(ways.cut, self._seed, "cut", name):
            return [(first, True), (first + _ONE_DAY, False)]
        again = [(first + _ONE_DAY, False)] if ways.happens(ways.twice, self._seed, "twice", name) else []
        return [(first, False), *again]

    def _luck(self, name: Name) -> "_Luck":
        return _Luck(self.behaviour, self._seed, name)


class _Luck:
    """A rejection or warning without a reason in the row: chosen by seed, file and row."""

    def __init__(self, behaviour: Behaviour, seed: int, name: Name) -> None:
        self._behaviour, self._seed, self._name = behaviour, seed, name

    def __call__(self, row: int) -> Sequence[Message]:
        ways, cause = self._behaviour, (self._name.deanery, self._name.type, self._name.sequence, row)
        if ways.happens(ways.rejected, self._seed, "rejected", *cause):
            return [messages.NOT_LOADED if self._name.type == "APP" else messages.NOT_TAKEN]
        return [messages.CHECK] if ways.happens(ways.warned, self._seed, "warned", *cause) else []
