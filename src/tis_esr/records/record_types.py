"""Every record type's layout, by its name in column 1."""

from collections.abc import Mapping

from tis_esr.records.inbound_layouts import ABS, ADD, APC, ASG, DCC, HDR, PBD, PER, POR, POS, TRL
from tis_esr.records.layouts import Layout
from tis_esr.records.outbound_layouts import APP, NOT, RTC

LAYOUTS: Mapping[str, Layout] = {
    layout.record_type: layout
    for layout in (HDR, TRL, POR, POS, ASG, PER, ADD, PBD, ABS, APP, NOT, APC, DCC, RTC)
}
