"""The check that every row of every file has ended in exactly one state (guarantee 3)."""

from collections.abc import Mapping, Sequence

from tis_esr.counted import counted
from tis_esr.engine.row_accounting import RowState
from tis_esr.errors import Exit, TisEsrError
from tis_esr.services.inbound_data_reader.file_ledger import NOT_TAKEN, UNDER_WAY, InboundFile


class RowsUnaccountedError(TisEsrError):
    """Row counts do not add up, or rows have not reached a final state; names each file and the numbers."""

    exit_code = Exit.DONE_WITH_PARKED

    def __init__(self, faults: list[str]) -> None:
        super().__init__(
            "row counts do not add up; report this, and keep the state file:\n" + "\n".join(faults)
        )
        self.faults = faults


class FilesUnfinishedError(TisEsrError):
    """Files that an interrupted run had partly read are no longer in the folder; ``read`` has the last row of each."""

    exit_code = Exit.DONE_WITH_PARKED

    def __init__(self, read: Mapping[str, int]) -> None:
        gone = "".join(f"\n{name}: read up to row {row}" for name, row in read.items())
        super().__init__(
            "files that were read in part are no longer in the folder; put them back and run the same command again:"
            f"{gone}"
        )
        self.read = dict(read)


def check_rows(files: Sequence[InboundFile], counts: Mapping[str, Mapping[RowState, int]]) -> None:
    """Compare each file's rows, as the reader counted them, with those in each state.

    If the rows of a file were purged, the ledger has the numbers. Raises RowsUnaccountedError, otherwise
    FilesUnfinishedError.
    """
    faults = []
    unfinished = {file.name: file.last_row for file in files if file.state in UNDER_WAY}
    for file in files:
        by_state = counts.get(file.name, {})
        if file.state in NOT_TAKEN or file.row_states:
            continue
        total = sum(by_state.values())
        if total != file.rows:
            faults.append(
                f"{file.name}: {counted(file.rows, 'row was', 'rows were')} read, {total} are accounted for"
            )
        if by_state.get(RowState.PENDING):
            faults.append(
                f"{file.name}: {counted(by_state[RowState.PENDING], 'row has', 'rows have')} not reached a final state"
            )
    if faults:
        raise RowsUnaccountedError(faults)
    if unfinished:
        raise FilesUnfinishedError(unfinished)
