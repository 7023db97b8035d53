"""ESR's messages about rows: each with a code and a text, as in APC and DCC. The texts are invented."""

from dataclasses import dataclass

ERROR, WARNING, INFO = "ERROR", "WARNING", "INFO"
_LONGEST = 200


@dataclass(frozen=True)
class Message:
    """A message: ``rejects`` where the row is not loaded."""

    code: str
    text: str
    rejects: bool = True

    def saying(self, **parts: object) -> "Message":
        """Return the message with its placeholders filled, cut to the length of its column."""
        return Message(self.code, self.text.format(**parts), self.rejects)

    @property
    def shown(self) -> str:
        """Return code and text."""
        return f"{self.code}: {self.text}"[:_LONGEST]


MISFIT = Message("DIT-01", "column {column} {reason}")
UNKNOWN_POSITION = Message("DIT-02", "Position {position} does not exist in ESR")
DELETED_POSITION = Message("DIT-03", "Position {position} is end dated")
OTHER_NUMBER = Message("DIT-04", "Position number {number} does not belong to position {position}")
OTHER_POST = Message("DIT-05", "Deanery number does not match that of position {position}")
OTHER_DEANERY = Message("DIT-06", "Position {position} belongs to another local office")
POSTCODE = Message("DIT-07", 'Postcode "{postcode}" is invalid or badly formatted')
DATES = Message("DIT-08", "{problem}")
EXISTS = Message("DIT-09", "Applicant exists already for position {position} and start date")
NOT_LOADED = Message("DIT-10", "The applicant could not be created: the person is on another trust's system")
VPD = Message("DIT-11", "Employing organisation VPD is not that of the position, with at least 3 digits")
TYPE_CODE = Message("DIT-12", "Notification title code is not valid")
NOT_SAID = Message("DIT-13", "column {column} is needed for a notification of type {type_code}")
TWICE = Message("DIT-14", "The same notification is in the file twice")
NOT_TAKEN = Message("DIT-15", "The notification could not be loaded: the position is locked by a user")

NOT_IN_LIST = Message(
    "DIT-51", "Column {column} is not in ESR's list of values and was left empty", rejects=False
)
NO_REGISTRATION = Message(
    "DIT-52", "No professional registration number: check the person manually", rejects=False
)
ANOTHER = Message("DIT-53", "The person has another applicant record for position {position}", rejects=False)
NO_APPLICANT = Message(
    "DIT-54", "No applicant record is held for the trainee: nothing was changed", rejects=False
)
VACANCY = Message("DIT-55", "The vacancy indicator does not fit the next appointment", rejects=False)
CHECK = Message("DIT-56", "Check the person against existing records", rejects=False)
UNNAMED = Message("DIT-57", "The {who} trainee has no last name", rejects=False)
OTHER_DETAILS = Message(
    "DIT-58", "Name or date of birth differs from those held for the person", rejects=False
)
