"""Writes rows: strictly, in the dialect of the interface."""

from collections.abc import Mapping
from datetime import datetime

from tis_esr.records.file_names import FileName
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.values import UnwritableValueError, Value, misfit_reason, write_value
from tis_esr.records.vpd import VPD_COLUMNS, vpd_text


def format_row(record_type: str, values: Mapping[str, Value]) -> str:
    """Return one row without its line end; raises UnwritableValueError for a value that violates its column."""
    layout = LAYOUTS[record_type]
    for name in values.keys() - layout.by_name.keys():
        raise UnwritableValueError(record_type, name, "no such column")
    cells = [record_type]
    for column in layout.columns:
        value = values.get(column.name)
        if record_type == "NOT" and column.name in VPD_COLUMNS and isinstance(value, str) and value:
            value = vpd_text(value)
        reason = misfit_reason(column, value)
        if reason:
            raise UnwritableValueError(record_type, column.name, reason)
        cells.append(write_value(column, value))
    return ",".join(cells)


def header(name: FileName, created_at: datetime) -> dict[str, Value]:
    """Return the values of a file's HDR row; ``created_at`` is Europe/London time."""
    return {
        "fileName": str(name),
        "createdAt": f"{created_at:%Y%m%d %H%M%S}",
        "deanery": name.deanery,
        "fileType": name.type,
    }


def trailer(rows: int) -> dict[str, Value]:
    """Return the values of a TRL row; ``rows`` counts all rows, HDR and TRL included."""
    return {"rowCount": rows}
