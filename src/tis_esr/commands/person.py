"""Who uses the command line, as the audit names them."""

import getpass

from tis_esr.operations.audit.trail import Person
from tis_esr.settings import Settings


def person_of(settings: Settings) -> Person:
    """Return the person by ``TIS_ESR_PERSON``, else by the account of this machine; "unknown" if it has no name."""
    try:
        return Person(settings.person or getpass.getuser())
    except (KeyError, OSError):
        return Person("unknown")
