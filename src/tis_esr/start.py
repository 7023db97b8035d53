"""The program's entry point: loading it takes a second, in which Ctrl-C must not end in a stack trace."""

import signal

from tis_esr.interrupts import end_at_once


def main() -> None:
    """Load the program and run it; an interrupt before it has begun ends it at once."""
    before = signal.getsignal(signal.SIGINT)
    end_at_once()
    from tis_esr.cli import loaded, run

    program = loaded()
    signal.signal(signal.SIGINT, before)
    run(program)
