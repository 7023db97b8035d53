"""Files as they come to ESR, written by hand: rows as text, with a HDR and a TRL that fit, unless a test says not."""

from datetime import date

from tis_esr.simulation.esr.behaviour import Behaviour
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.esr_state import Holdings, Outcome, Position, Received

DAY = date(2026, 11, 24)
APP, DNC = "DE_EOE_APP_20261124_00000008.DAT", "DE_EOE_DNC_20261124_00000009.DAT"
POST = "EOE/RX1/800/STR/001"

_APPLICANT = {
    2: "20261124", 3: '"testa@example.org"', 4: '"Specimen"', 5: '"Testa"', 7: '"DR"', 8: "19900115", 9: '"F"',
    10: '"1 Invented Street"', 13: '"Sampleton"', 15: '"ZZ99 3WZ"', 16: '"GB"',
    20: '"General Medical Council"', 21: '"7200001"', 31: "1", 32: "1001", 34: "20261224", 35: "20270612",
    44: f'"{POST}"',
}  # fmt: skip
_NOTIFICATION = {
    2: '"1"', 4: f'"{POST}"', 5: '"EOE"', 15: '"Specimen"', 16: '"Testa"', 17: '"7200001"', 19: "20261224",
    35: '"N"', 37: '"096"', 39: "1", 40: "1001",
}  # fmt: skip
_BARE_APP, _BARE_NOT = {2, 8, 22, 25, 31, 32, 34, 35}, {12, 14, 19, 30, 31, 32, 34, 39, 40}


def app(changes: dict[int, str] | None = None) -> str:
    """Return an APP row; ``changes`` are by column number, as they stand in the row."""
    return _row("APP", 44, _BARE_APP, {**_APPLICANT, **(changes or {})})


def note(changes: dict[int, str] | None = None) -> str:
    """Return a NOT row of type 1; ``changes`` are by column number, as they stand in the row."""
    return _row("NOT", 40, _BARE_NOT, {**_NOTIFICATION, **(changes or {})})


def _row(record_type: str, columns: int, bare: set[int], cells: dict[int, str]) -> str:
    numbers = range(2, columns + 1)
    return ",".join([record_type, *(cells.get(n, "" if n in bare else '""') for n in numbers)])


def file(name: str, *rows: str) -> bytes:
    """Return a file of these rows with the HDR and TRL that it should have."""
    _, deanery, kind, day, _ = name.split("_")
    header = f'HDR,"{name}","{day} 140000","{deanery}","{kind}"'
    return "".join(f"{row}\n" for row in (header, *rows, f"TRL,{len(rows) + 2}")).encode()


def esr(behaviour: Behaviour | None = None, seed: int = 1) -> Esr:
    """Return an ESR that holds position 1 of the post, 2 of it too, and a deleted 3."""
    positions = {
        number: Position(
            id=number, number=1000 + number, post=POST, deanery="EOE", vpd="96", deleted=number == 3
        )
        for number in (1, 2, 3)
    }
    return Esr(Holdings(positions=positions), seed=seed, behaviour=behaviour)


def taken(*rows: str, by: Esr | None = None, name: str | None = None) -> Received:
    """Return what ESR makes of a file of rows: an APP, or a DNC where the rows are notifications."""
    name = name or (APP if rows[0].startswith("APP") else DNC)
    return (by or esr()).take(name, file(name, *rows), DAY)


def only(received: Received) -> Outcome:
    """Return the outcome of a file's one row."""
    [outcome] = received.outcomes
    return outcome
