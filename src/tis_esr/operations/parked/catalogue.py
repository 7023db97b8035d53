"""The closed catalogue of causes of parking, in plain words: what happened, who acts, what to do, whether a retry helps."""

from collections.abc import Mapping
from typing import Final

import msgspec

from tis_esr.parking_causes import ParkingCause

RUNBOOKS = "docs/runbooks/parked"
"""The folder of the generated pages, one a cause."""


class CauseText(msgspec.Struct, frozen=True, kw_only=True):
    """A cause in words: its title, what it means, who acts, what to do.

    ``can_retry`` says whether a retry can ever take effect, ``retry_when`` what has to be true first.
    """

    title: str
    meaning: str
    who: str
    action: str
    can_retry: bool
    retry_when: str = ""

    @property
    def retry(self) -> str:
        """Return in one sentence whether a retry can help."""
        return f"A retry can help {self.retry_when}." if self.can_retry else "A retry cannot help."


_ESR, _TIS, _SUPPORT = "ESR", "TIS's team", "support"

CATALOGUE: Final[Mapping[ParkingCause, CauseText]] = {
    ParkingCause.ROW_UNREADABLE: CauseText(
        title="A row from ESR cannot be read",
        meaning="The record type is unknown, a quote is not closed, or a mandatory column is empty or not valid.",
        who=_ESR,
        action="Ask ESR to correct the row and to send it again in a new file, then discard the message.",
        can_retry=False,
    ),
    ParkingCause.ROW_OUT_OF_PLACE: CauseText(
        title="A row from ESR is in the wrong place",
        meaning="The file may not have rows of this type, or the ASG row that it belongs to is missing or unusable.",
        who=_ESR,
        action="Ask ESR to send the whole assignment again in a new file, then discard the message.",
        can_retry=False,
    ),
    ParkingCause.FILE_NAME_INVALID: CauseText(
        title="A file event names no valid file",
        meaning="An event reported a file whose name cannot be one of ESR's.",
        who=_SUPPORT,
        action="Find out who sent the event, correct the sender, then discard the message.",
        can_retry=False,
    ),
    ParkingCause.FILE_MISSING: CauseText(
        title="A reported file is not in the store",
        meaning="An event reported a file, and the store did not have it each time it was read.",
        who=_SUPPORT,
        action="Put the file back into the inbound store, then retry; discard the message if it was never there.",
        can_retry=True,
        retry_when="once the file is in the inbound store",
    ),
    ParkingCause.FILE_CONTENT_DIFFERS: CauseText(
        title="The outbound store has another file of this name",
        meaning="A file for ESR was to be written, and a file with other content has its name.",
        who=_SUPPORT,
        action="Find out what wrote the other file, move it away, then retry.",
        can_retry=True,
        retry_when="once the other file was moved away",
    ),
    ParkingCause.RTC_NOT_EXPECTED: CauseText(
        title="No file waits for this RTC",
        meaning="An RTC was requested for a file that was not received, or has been acknowledged and purged.",
        who=_SUPPORT,
        action="Check the name of the file with tis-esr files, then discard the message.",
        can_retry=False,
    ),
    ParkingCause.TIS_CHANGE_INVALID: CauseText(
        title="A change record of TIS is not valid",
        meaning="The record lacks a field, names an unknown operation, or has a value that cannot be read.",
        who=_TIS,
        action="Ask for the record to be sent again, then discard the message; the nightly comparison finds the change.",
        can_retry=False,
    ),
    ParkingCause.TIS_CHANGE_AHEAD: CauseText(
        title="A change record of TIS is dated in the future",
        meaning="Its timestamp is more than a day ahead: the clock of TIS or of this host is wrong.",
        who=_TIS,
        action="Compare the clocks and correct the wrong one, then retry.",
        can_retry=True,
        retry_when="once the clocks agree, or the day of its timestamp has come",
    ),
    ParkingCause.TIS_RECORD_GONE: CauseText(
        title="The post or placement is no longer in TIS",
        meaning="TCS was to be notified about a post or placement, and TIS does not have it any more.",
        who=_TIS,
        action="If it was deleted on purpose, discard the message; if not, restore it in TIS, then retry.",
        can_retry=True,
        retry_when="once TIS has the post or placement again",
    ),
    ParkingCause.TCS_REJECTED: CauseText(
        title="TCS rejected the call",
        meaning="TCS answered 4xx: it does not accept a value, or does not know the record.",
        who=_SUPPORT,
        action="Correct in ESR or TIS what TCS's error code and fields name, then retry or discard.",
        can_retry=True,
        retry_when="once TCS accepts the values, or knows the record",
    ),
    ParkingCause.TCS_FAILED: CauseText(
        title="TCS failed on this record",
        meaning="TCS answered 500 or 409 to this record on each attempt, while it answered other calls.",
        who=_TIS,
        action="Ask for the error in TCS's log to be fixed, then retry.",
        can_retry=True,
        retry_when="once TCS can process the record",
    ),
    ParkingCause.TCS_RECORD_UNREADABLE: CauseText(
        title="A record of TCS cannot be read",
        meaning="TCS answered with a record whose named field is not of the type that its contract says.",
        who=_TIS,
        action="Ask for the field of that record to be corrected, then retry.",
        can_retry=True,
        retry_when="once the field of the record was corrected",
    ),
    ParkingCause.COMMAND_INVALID: CauseText(
        title="A command is not valid",
        meaning="A command was sent to a service with a deanery that is not one of the thirteen.",
        who=_SUPPORT,
        action="Send the command again with a valid deanery, then discard the message.",
        can_retry=False,
    ),
    ParkingCause.PROCESS_ENDED: CauseText(
        title="The process ended while it handled the message",
        meaning="Eight processes ended while they handled it, the last of them handled it alone.",
        who=_SUPPORT,
        action="Compare the memory limit of the process with its usage, and check its log, then retry.",
        can_retry=True,
        retry_when="once the process can handle it, for example with more memory",
    ),
    ParkingCause.BODY_UNREADABLE: CauseText(
        title="The body of a message cannot be read",
        meaning="The body does not match its schema; a person or another program put it on the queue.",
        who=_SUPPORT,
        action="Compare the body with docs/reference/asyncapi.json, correct the sender, then discard the message.",
        can_retry=False,
    ),
    ParkingCause.INTERNAL_ERROR: CauseText(
        title="An internal error",
        meaning="The program did not expect this case; the reason names the error and the place in the code.",
        who=_SUPPORT,
        action="Report the reason and the id, install the version with the correction, then retry.",
        can_retry=True,
        retry_when="once a version with the correction runs",
    ),
    ParkingCause.OTHER: CauseText(
        title="Another cause",
        meaning="The message was parked by an earlier version, which did not store a cause.",
        who=_SUPPORT,
        action="Read the reason; then retry or discard.",
        can_retry=True,
        retry_when="once what the reason names was corrected",
    ),
}


def cause_of(code: str) -> ParkingCause:
    """Return the cause of a stored code; OTHER if there is none, or an unknown one."""
    try:
        return ParkingCause(code)
    except ValueError:
        return ParkingCause.OTHER


def runbook(cause: ParkingCause) -> str:
    """Return the path of a cause's page in the documentation."""
    return f"{RUNBOOKS}/{cause.value}.md"
