"""Files that have arrived, or are found in the store: each becomes one message for the InboundDataReader.

Reads ``file.arrived``. An event may come twice, late or never: the ledger knows what was taken, and a sweep of
the store finds what no event told of. Each finding is a message of its own, so that a file whose message was
discarded can be found again.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog

from tis_esr.engine.errors import Explained, Suspect, Transient
from tis_esr.engine.messages import Message, derived_id
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.files.store import FileStore, NoSuchFile
from tis_esr.services.inbound_data_reader import FILES, FileState, InboundDataReader
from tis_esr.services.messages import FileArrived

_log = structlog.get_logger()

FOUND_AGAIN_SECONDS = 600.0
"""After so long a file that is still not in the ledger is announced once more."""


class Arrivals:
    """See the module. ``store`` is where ESR's files come in."""

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._announced: dict[str, float] = {}

    def handlers(self) -> list[Handler]:
        """Return what it reads, and how: a file at a time, since a file is many small units of work."""
        return [Handler("esr.queue.file.arrived", "file.arrived", self.take, batch=1)]

    async def take(self, work: Work, messages: Sequence[Message]) -> None:
        """Take a file into the ledger and split it; one that stays away for some seconds is a fault of the message."""
        for message in messages:
            name = message.decode(FileArrived).name
            if not name or "/" in name or name.startswith("."):
                raise Explained(f"{name!r} is no name of a file from ESR")
            try:
                taken = await InboundDataReader(work.another).take(self._store, name)
            except NoSuchFile as error:
                raise Suspect(str(error)) from error
            except OSError as error:
                raise Transient(str(error)) from error
            _log.info(
                "file_taken", file=name, state=taken.file.state.value, rows=taken.file.rows, said=taken.said
            )

    async def sweep(self, begin: Callable[[], Work]) -> list[str]:
        """Announce every file of the store that the ledger does not know; return those not split yet.

        A file is announced once, and again only where it was gone meanwhile or FOUND_AGAIN_SECONDS have passed.

        Raises OSError and Transient.
        """
        names = await self._store.names()
        work = begin()
        known = await work.get(FILES, names)
        now = asyncio.get_running_loop().time()
        announced = {name: at for name, at in self._announced.items() if at > now - FOUND_AGAIN_SECONDS}
        unknown = [name for name in names if name not in known]
        found = [name for name in unknown if name not in announced]
        announce(work, ((name, f"found {work.now.isoformat()}") for name in found))
        if found:
            await work.commit()
        self._announced = {name: announced.get(name, now) for name in unknown}
        return [name for name in names if name not in known or known[name].state is FileState.SPLITTING]


def announce(work: Work, files: Iterable[tuple[str, str]]) -> None:
    """Tell of files (name, and what makes this arrival the one it is), within a unit of work."""
    for name, arrival in files:
        cause = Message(
            id=derived_id("file", name, arrival),
            queue="",
            correlation_id=f"{name}:0",
            source_file=name,
            deanery="",
            row=0,
            body=b"",
        )
        work.emit("file.arrived", FileArrived(name=name), cause=cause)
