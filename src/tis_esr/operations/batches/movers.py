"""Which processes move batches on, also those begun in the console: each ``tis-esr run`` of the service that reads files."""

from typing import Final

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.processes.announced import Process, announced, live

_SERVICE: Final = "InboundDataReader"


def movers(reader: Reader) -> list[Process]:
    """Return the running processes, each of which moves every open batch on; none means that batches wait for one."""
    return [process for process in live(announced(reader), reader.time()) if _SERVICE in process.services]
