"""Whether exports are withheld because the store was restored from a backup."""

from datetime import UTC, datetime

from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.restored import KEY, RESTORED


def withheld_since(reader: Reader) -> datetime | None:
    """Return when (UTC) the store was restored for which it is not settled yet what was sent since; None if nothing is withheld."""
    found = (one.at for one in reader.get(RESTORED, [KEY]) if not one.is_settled)
    return next((datetime.fromtimestamp(at, UTC) for at in found), None)
