"""VPD codes: text of digits, never numbers."""


def vpd_text(value: str) -> str:
    """Return a VPD code with at least three digits: ESR rejected ``96`` for ``096`` (March 2021)."""
    return value.zfill(3) if value.isdigit() else value
