"""A region's start on a state file: this process handles the messages and writes the files."""

from dataclasses import dataclass
from datetime import date
from functools import partial

from tis_esr.engine.runner import Runner
from tis_esr.files.file_store import FileStore
from tis_esr.operations.reconciling import compare
from tis_esr.operations.region.reports import Region
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT
from tis_esr.services.data_exporter.full_export import FULL_EXPORT, FullExport
from tis_esr.services.data_exporter.region_starts import RegionStart
from tis_esr.services.day import compared_export
from tis_esr.services.flow import AFTER_APPLICANTS, TELLING
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader


@dataclass(frozen=True)
class Here:
    """See Workers."""

    runner: Runner
    region: Region
    out: FileStore
    acknowledges: bool = False

    async def take(self, name: str) -> None:
        """Take the file from the inbound store, unless it was processed, and handle every message."""
        stamps = (await self.region.inbound.listing()).stamps
        if name in stamps:
            reader = InboundDataReader(self.runner.work, acknowledges=self.acknowledges)
            await self.runner.patiently(name, partial(reader.take, self.region.inbound, name, stamps[name]))
        await compare(self.runner)

    async def finish(self) -> None:
        """Handle the messages that follow from sent applicants."""
        async with self.runner.beside(TELLING):
            for stage in AFTER_APPLICANTS:
                await self.runner.drain(stage)

    async def send_applicants(self, day: date, start: RegionStart) -> None:
        """Compare the applicants with TIS where that is due, and send them."""
        async with self.runner.beside(TELLING):
            await compared_export(
                self.runner,
                self.out,
                APPLICANT_EXPORT,
                day,
                [start.deanery],
                occasion=start.occasion,
                window=self.region.window,
            )

    async def send_notifications(self, day: date, start: RegionStart) -> None:
        """Send the DNF."""
        run = FullExport(self.runner.work, self.out, FULL_EXPORT)
        await self.runner.patiently(
            "DNF export", partial(run.full, day, start.deanery, occasion=start.occasion)
        )
