"""The body of a parked message for people: masked by field, unless a person asks to see it with a reason.

Only fields that are known to have no personal data are shown: a field that is added later is masked until it is listed.
"""

import re
from typing import Any, Final

import msgspec

from tis_esr.services.contracts.bodies import FileArrived

MASKED: Final = "(masked)"

_SAFE_NAMES: Final = """
    position positionId positionID positionNumber deaneryNumber deanery deaneryBody deaneryPostNumber managingOffice
    managingDeaneryBodyCode status deleted revision foundLater hostLead employingVpd odsCode esrLocation occupationCode
    postId postIds numbers sources filename fileName fileType sourceFile source eventDateTime exportedAt createdAt
    placementId placements personId assignmentId absenceID recordId row rows type head unread values stamp first
    end isLast incomplete day askedAt only full again regionStart changeDeleteIndicator hostLeadIndicator
    employingOrgVPDCode employingOrgVpdCode esrOrganisation workplaceOrg positionTitle areaOfWork gradeDesc
    notificationTitleCode key version builtOn builtAt notifications applicants columns fields missing unmapped
    usersTold problems metadata data timestamp record-type operation table-name loadStatusCode messageType
    applicantNumber recordType projectedHireDate projectedEndDate effectiveDate dateFrom dateTo id owner
"""
_SAFE: Final = frozenset(_SAFE_NAMES.split())
_FILE_EVENT: Final = frozenset(FileArrived.__struct_fields__)
_ID: Final = re.compile(r"(?:[a-z]+(?:_id|Id)|id)$")
"""Ids of TIS, by which everything in logs is named too."""


def masked(body: bytes) -> Any:
    """Return a body with the values of fields that may have personal data masked; the structure is kept.

    A body with nothing but a ``name`` and its stamp is the event of a file.
    """
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return f"{MASKED} {len(body)} bytes that are not JSON"
    if isinstance(decoded, dict) and _FILE_EVENT.issuperset(decoded):
        return decoded
    return _masked(decoded, "")


def unmasked(body: bytes) -> Any:
    """Return a body as it is."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return body.decode(errors="backslashreplace")


def _masked(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner, name) for inner in value]
    if value is None or value == "" or isinstance(value, bool) or _is_safe(name):
        return value
    return MASKED


def _is_safe(name: str) -> bool:
    return name in _SAFE or _ID.fullmatch(name) is not None
