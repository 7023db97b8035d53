"""Broken lines, as ESR has been seen to send them or as one day it will."""

from tis_esr.synthetic.world import World


def shifted_title(world: World, deanery: str) -> None:
    """The title is cut in two at a backslash: mended, so matched as any other (incident A6)."""
    post = world.post(deanery)
    number = world.position(deanery, post["nationalPostNumber"], post=post, pos=False)
    npn = post["nationalPostNumber"]
    line = (
        f'POS,{number},,"C","{number + 20_000_000}","Medical and Dental\\","Specialty Registrar (Sampleton)","800",'
        f'"General Practice","{npn}","{deanery}","RX1","NHS","MS02","Specialty Registrar",""'
    )
    world.raw(deanery, "applied", line.encode())


def windows_1252(world: World, deanery: str) -> None:
    """A title in Windows-1252."""
    post = world.post(deanery)
    number = world.position(deanery, post["nationalPostNumber"], post=post, pos=False)
    npn = post["nationalPostNumber"]
    line = f'POS,{number},"","C",{number + 20_000_000},"Café Registrar","800","","","{npn}","{deanery}","","","","",""'
    world.raw(deanery, "applied", line.encode("cp1252"))


def surplus_column(world: World, deanery: str) -> None:
    """One column more than the layout has."""
    post = world.post(deanery)
    number = world.position(deanery, post["nationalPostNumber"], post=post, pos=False)
    npn = post["nationalPostNumber"]
    line = f'POS,{number},"","C",{number + 20_000_000},"T","800","","","{npn}","","","","","","","surplus"'
    world.raw(deanery, "applied", line.encode())


def missing_columns(world: World, deanery: str) -> None:
    """The row ends after the post number, as trailing empty columns may be left out."""
    post = world.post(deanery)
    number = world.position(deanery, post["nationalPostNumber"], post=post, pos=False)
    line = f'POS,{number},"","C",{number + 20_000_000},"T","800","","","{post["nationalPostNumber"]}"'
    world.raw(deanery, "applied", line.encode())


def unusable(world: World, deanery: str) -> None:
    """An unknown record type, no post number, an id that is no number, an orphan, and a blank line."""
    world.raw(deanery, "parked", b'XYZ,1,"what is this"')
    world.raw(deanery, "parked", b'POR,6999999,"","C",1,"No post number","","","","","","",""')
    world.raw(deanery, "parked", b'POR,six,"","C",1,"T","EOE/1","","","","","",""')
    world.raw(deanery, "parked", b'PER,1,"","C"')
    world.raw(deanery, "ignored", b"")


DIRT = (shifted_title, windows_1252, surplus_column, missing_columns)
