"""The check that every row of every file has ended in exactly one state (guarantee 3)."""

from collections.abc import Iterable, Mapping

from tis_esr.engine.rows import RowState
from tis_esr.services.file_ledger import NOT_TAKEN, UNDER_WAY, InboundFile


class RowsUnaccounted(Exception):  # noqa: N818 - the name states the problem
    """Rows are missing from the account, or have not come to an end; names each file and the numbers."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(
            "row counts do not add up; report this, and keep the state file:\n" + "\n".join(faults)
        )
        self.faults = faults


def check_rows(files: Iterable[InboundFile], counts: Mapping[str, Mapping[RowState, int]]) -> None:
    """Compare each file's rows, as the reader counted them, with those in each state; raises RowsUnaccounted."""
    faults = []
    for file in files:
        by_state = counts.get(file.name, {})
        if file.state in NOT_TAKEN:
            continue
        total = sum(by_state.values())
        if file.state in UNDER_WAY:
            faults.append(f"{file.name}: split only up to row {file.next_row - 1}")
        if total != file.rows:
            faults.append(f"{file.name}: {file.rows} rows were read, {total} are accounted for")
        if by_state.get(RowState.PENDING):
            faults.append(f"{file.name}: {by_state[RowState.PENDING]} rows have not reached a final state")
    if faults:
        raise RowsUnaccounted(faults)
