"""The closed list of causes for which a message is parked; ``operations.parked.catalogue`` says what each means."""

from enum import StrEnum


class ParkingCause(StrEnum):
    """Why a message was parked, for machines. The reason beside it is the text for people, with its details."""

    ROW_UNREADABLE = "row-unreadable"
    ROW_OUT_OF_PLACE = "row-out-of-place"
    FILE_NAME_INVALID = "file-name-invalid"
    FILE_MISSING = "file-missing"
    FILE_CONTENT_DIFFERS = "file-content-differs"
    RTC_NOT_EXPECTED = "rtc-not-expected"
    TIS_CHANGE_INVALID = "tis-change-invalid"
    TIS_CHANGE_AHEAD = "tis-change-ahead"
    TIS_RECORD_GONE = "tis-record-gone"
    TCS_REJECTED = "tcs-rejected"
    TCS_FAILED = "tcs-failed"
    TCS_RECORD_UNREADABLE = "tcs-record-unreadable"
    COMMAND_INVALID = "command-invalid"
    PROCESS_ENDED = "process-ended"
    BODY_UNREADABLE = "body-unreadable"
    INTERNAL_ERROR = "internal-error"
    OTHER = "other"
