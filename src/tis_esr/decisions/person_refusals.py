"""The reasons for which a value from ESR about a person is not sent to TIS, with their texts."""

from enum import StrEnum


class Refusal(StrEnum):
    """A reason in the journal of person updates. The value is for machines, ``text`` for people."""

    LOST_LETTERS = "LOST_LETTERS"
    NOT_PLAIN_LETTERS = "NOT_PLAIN_LETTERS"
    NOT_A_PHONE_NUMBER = "NOT_A_PHONE_NUMBER"
    NOT_AN_EMAIL_ADDRESS = "NOT_AN_EMAIL_ADDRESS"
    TOO_LONG = "TOO_LONG"
    IMPLAUSIBLE_DATE = "IMPLAUSIBLE_DATE"
    UNREADABLE = "UNREADABLE"
    NO_CODE = "NO_CODE"
    ABSENCE_DELETED = "ABSENCE_DELETED"
    HOST_EMPLOYER = "HOST_EMPLOYER"
    DELETED_ASSIGNMENT = "DELETED_ASSIGNMENT"
    NOT_MATCHED = "NOT_MATCHED"
    SUPERSEDED = "SUPERSEDED"
    REFUSED_BY_TCS = "REFUSED_BY_TCS"

    @property
    def text(self) -> str:
        """Return the text for people, without any value."""
        return _TEXTS[self]


_TEXTS = {
    Refusal.LOST_LETTERS: "the value lost letters before it reached us (it contains � or ¿)",
    Refusal.NOT_PLAIN_LETTERS: "TIS accepts only letters A to Z, digits, hyphen, backslash, apostrophe and space",
    Refusal.NOT_A_PHONE_NUMBER: "TIS accepts only digits, plus, hyphen, backslash and space",
    Refusal.NOT_AN_EMAIL_ADDRESS: "not a valid e-mail address",
    Refusal.TOO_LONG: "longer than TIS can hold",
    Refusal.IMPLAUSIBLE_DATE: "the date is before 1900, or a birth date after today",
    Refusal.UNREADABLE: "the value can't be read",
    Refusal.NO_CODE: "TIS has no value for ESR's code",
    Refusal.ABSENCE_DELETED: "ESR deleted the absence; TCS cannot delete one, so TIS keeps it",
    Refusal.HOST_EMPLOYER: "a host employer's record: only the lead employer's updates TIS",
    Refusal.DELETED_ASSIGNMENT: "a deleted assignment changes nothing about the person",
    Refusal.NOT_MATCHED: "the person or their post was not found in TIS",
    Refusal.SUPERSEDED: "a newer version of it was handled before",
    Refusal.REFUSED_BY_TCS: "TCS rejected it",
}
