"""Faulty and unusual lines, as ESR has sent them or may send them."""

from collections.abc import Callable

from tis_esr.simulation.days.expected import MISSING, ORPHAN, UNKNOWN_TYPE
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.days.inbound_files import Line, position_number

LineForm = Callable[[int, str, str], bytes]
"""Writes a position's POS row in an odd form: position id, post number, deanery."""


def _shifted_title(number: int, npn: str, deanery: str) -> bytes:
    r"""Write a title cut in two at a backslash, ``\"`` at its end: fixed (incident A6)."""
    return (
        f'POS,{number},,"C","{position_number(number)}","Medical and Dental\\","Specialty Registrar (Sampleton)",'
        f'"800","General Practice","{npn}","{deanery}","RX1","NHS","MS02","Specialty Registrar",""'
    ).encode()


def _quoted_number(number: int, npn: str, deanery: str) -> bytes:
    return (
        f'POS,{number},,"C","{position_number(number)}","T","800","","","{npn}","{deanery}","","","","",""'
    ).encode()


def _windows_1252(number: int, npn: str, deanery: str) -> bytes:
    return (
        f'POS,{number},"","C",{position_number(number)},"Café Registrar","800","","","{npn}","{deanery}"'
        ',"","","","",""'
    ).encode("cp1252")


def _surplus_column(number: int, npn: str, deanery: str) -> bytes:
    return (
        f'POS,{number},"","C",{position_number(number)},"T","800","","","{npn}","{deanery}"'
        ',"","","","","","surplus"'
    ).encode()


def _missing_columns(number: int, npn: str, _deanery: str) -> bytes:
    """Write a row that ends after the post number, as trailing empty columns may be left out."""
    return f'POS,{number},"","C",{position_number(number)},"T","800","","","{npn}"'.encode()


def _unescaped_quote(number: int, npn: str, deanery: str) -> bytes:
    return (
        f'POS,{number},"","C",{position_number(number)},"Registrar "Sample" Post","800","","","{npn}","{deanery}"'
        ',"","","","",""'
    ).encode()


LINE_FORMS: dict[str, LineForm] = {
    "shifted title": _shifted_title,
    "position number in quotes": _quoted_number,
    "Windows-1252 title": _windows_1252,
    "surplus column": _surplus_column,
    "missing columns": _missing_columns,
    "unescaped quotes": _unescaped_quote,
}


def odd_lines(world: World, deanery: str, forms: dict[str, LineForm]) -> None:
    """Add a post with a position for each form: all are readable, so all are applied."""
    post = world.post(deanery)
    npn = post["nationalPostNumber"]
    for name, form in forms.items():
        position = world.position(deanery, npn, post=post, pos=False)
        world.raw(deanery, "applied", form(position, npn, deanery))
        world.scenarios[name] += 1


def unusable(world: World, deanery: str) -> None:
    """Add unusable rows first, so that no ASG precedes the orphan."""
    rows = {
        "unknown record type": (UNKNOWN_TYPE, b'XYZ,1,"what is this"'),
        "no post number": (MISSING, b'POR,6999999,"","C",1,"No post number","","","","","",""'),
        "position id that is not a number": (MISSING, b'POR,six,"","C",1,"T","EOE/1","","","","","",""'),
        "person without an assignment": (ORPHAN, b'PER,1,"","C"'),
    }
    for name, (reason, line) in rows.items():
        world.raw(deanery, "parked", line)
        world.expected.parked[reason] += 1
        world.scenarios[name] += 1
    world.raw(deanery, "ignored", b"")
    world.scenarios["blank line"] += 1


def cut_short(world: World, deanery: str) -> Line:
    """Return a file's last row, cut inside a quoted column: half a value may be corrupt, so it is not applied."""
    post = world.post(deanery)
    position = world.position(deanery, post["nationalPostNumber"], post=post, pos=False)
    world.scenarios["last line cut short, no TRL"] += 1
    return Line(
        _missing_columns(position, post["nationalPostNumber"], deanery) + b',"Invented off', "ignored"
    )
