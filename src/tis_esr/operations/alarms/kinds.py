"""What one kind of alarm is: its severity and condition, and what people need to know when it is raised."""

from datetime import timedelta
from enum import StrEnum

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.who import Who


class Severity(StrEnum):
    """How urgent an alarm is: CRITICAL needs a person now, WARNING today, INFO is recorded and not sent to people."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the catalogue.

    ``condition`` says when it is raised, ``meaning`` what that says, ``affected`` who or what suffers, ``to_do`` the
    steps with the commands to run, ``who`` acts. The condition must hold for ``lasts``; an active alarm is repeated
    every ``repeat``. It becomes critical at once if its finding is urgent (somebody loses the window, see
    ``Finding.urgent``), and if ``unowned`` is set, when it has no owner for so long. ``expression`` is the condition in
    PromQL where a metric shows it, "" if only the evaluation here can tell; ``detail`` is what the alert's description adds,
    a template of Prometheus. ``per_process`` says that each process judges it about itself. A silence ends when a member joins that it did
    not have, unless its members are those that the same cause affects more of every day: ``silence_covers_new``.
    ``source`` names what is known from incidents.
    """

    id: str
    severity: Severity
    condition: str
    meaning: str
    affected: str
    to_do: tuple[str, ...]
    who: Who
    lasts: timedelta = timedelta()
    repeat: timedelta = timedelta(hours=4)
    unowned: timedelta | None = None
    expression: str = ""
    detail: str = ""
    per_process: bool = False
    silence_covers_new: bool = False
    source: str = ""

    @property
    def prometheus_name(self) -> str:
        """Return the alert's name: ``file-missing`` is ``TisEsrFileMissing``."""
        return "TisEsr" + "".join(word.capitalize() for word in self.id.split("-"))

    @property
    def escalation(self) -> str:
        """Say when it becomes critical."""
        if self.severity is Severity.CRITICAL:
            return "it is critical from the start"
        urgent = "at once if an applicant leaves the window by the next file"
        if self.unowned is None:
            return urgent
        return f"{urgent}; else after {duration(self.unowned)} without an owner"


def duration(span: timedelta) -> str:
    """Return a duration in its largest whole unit: ``4 hours``, ``15 minutes``, ``no time`` for zero."""
    seconds = int(span.total_seconds())
    for name, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            number = seconds // size
            return counted(number, name)
    return "no time"
