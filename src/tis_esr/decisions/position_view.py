"""A position as the generators see it."""

import msgspec


class PositionView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One position of ESR, with the fields that notifications and applicant records use.

    ``deanery`` is the three letters of the inbound file that brought it, ``deanery_number`` the NPN, ``employing_vpd``
    text as ESR sent it (T_POR11), ``occupation_code`` from its POS. ``sources`` are the rows that describe it
    (``file:row``, the newest POR and POS of each deanery).
    """

    position_id: int
    position_number: int | None
    deanery_number: str
    deanery: str
    host_lead: str | None = None
    employing_vpd: str | None = None
    ods_code: str | None = None
    esr_location: str | None = None
    occupation_code: str | None = None
    post_id: int | None = None
    sources: list[str] = []
