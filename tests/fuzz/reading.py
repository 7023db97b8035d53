"""Coverage-guided fuzzing of the reader of inbound files: ``python -m tests.fuzz.reading -runs=10000000 tests/fuzz/seeds``.

Takes libFuzzer's options. New inputs that reach new code are kept in the first folder named; what breaks a promise is
written to ``crash-...`` and ends the run.
"""

import sys

import atheris

with atheris.instrument_imports(include=["tis_esr.records"]):
    from tests.fuzz.promises import check_reading

_PIECES = (
    b'POR,1,"","C",2,"T","EOE/1"\n',
    b'POS,1,"","C",2,"T\\","a long occupation","800","S","","EOE/1"\n',
    b'ADD,7,"","C","H","Y","1 Old\nMill","","","","","",""\n',
    b'ABS,7,"","C",20260302,47121231,1.0,"A1"\n',
    b'APC,"","FAIL","ERROR",a, "b" ,"",1,2,3,4\n',
    b'DCC,1,"","1","FAIL","","",1,2\r\n',
    b"\xc2\x85POR,",
    b"\x1a\0\0",
    b"\xef\xbb\xbfHDR,",
    b"\r\r\n",
    b'"",',
)
_WITH_PIECES = 0x80


def one_input(data: bytes) -> None:
    """Check the bytes as they are, or by their first one with rows around them: most finds are made beside whole rows."""
    piece = _PIECES[data[0] % len(_PIECES)] if data and data[0] >= _WITH_PIECES else b""
    check_reading(piece + data[1:] + piece if piece else data)


def main() -> None:
    """Fuzz until the options' end."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
