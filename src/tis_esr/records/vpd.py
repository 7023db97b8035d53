"""VPD codes: text of digits, never numbers."""

VPD_COLUMNS = frozenset(
    {
        "employingOrgVPDCode",
        "currentTraineeVpdForNextPlacement",
        "nextAppointmentCurrentPlacementVpd",
        "replacementTraineeCurrentPlacementVpd",
    }
)
"""The columns of a NOT row that hold one; they are written by ``vpd_text``."""


def vpd_text(value: str) -> str:
    """Return a VPD code with at least three digits: ESR rejected ``96`` for ``096`` (March 2021)."""
    return value.zfill(3) if value.isdigit() else value
