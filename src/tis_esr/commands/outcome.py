"""Exit codes, and how usage errors and missing dependencies are reported: one line, no stack trace."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from tis_esr.commands.terminal import BAD, errors
from tis_esr.errors import Exit, UsageError
from tis_esr.interrupts import end_at_once


@contextmanager
def user_errors_reported() -> Iterator[None]:
    """Convert failures to one line and an exit code, without a stack trace."""
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except UsageError as error:
        _stop(str(error), Exit.USAGE)
    except KeyboardInterrupt:
        end_at_once()
        _stop("stopped; nothing is lost. Run the same command again to continue", Exit.INTERRUPTED)
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - the last place before a stack trace
        # Imported only here: most of what can fail takes long to import, and help and completion need none of it.
        from tis_esr.commands.failures import reported

        _stop(*reported(error))


def _stop(text: str, code: Exit) -> None:
    sys.stdout.flush()
    errors.say(text, label="tis-esr:", style=BAD)
    raise typer.Exit(int(code))
