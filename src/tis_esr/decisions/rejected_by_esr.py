"""Who must act on what ESR rejected, and what to do: the only place that says so.

ESR publishes no list of its messages from which the cause can be seen, so there is one answer: the trust, which has the
record and ESR's screens, reads the message. What it finds wrong in TIS goes to the local office, and needs nothing more.
"""

from typing import Final

from tis_esr.decisions.who import Who

REJECTION_WHO: Final = Who.TRUST
"""Who must act on a row that ESR rejected."""
OF_NOTIFICATION: Final = "read ESR's message and create or correct the record in ESR manually"
"""What is done about a notification that ESR rejected."""
OF_ROWS: Final = "read ESR's messages: tis-esr report rejections"
"""What is done about several rows, which a report has with ESR's messages."""


def of_applicant(file: str | None, row: int | None) -> str:
    """Return what is done about an applicant that ESR rejected in a row of our file."""
    corrected = "data corrected in TIS go with the next file; once the cause in ESR is gone"
    return f"read ESR's message; {corrected}: tis-esr export applicants --resend {file} --only {row}"
