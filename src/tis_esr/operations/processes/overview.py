"""The processes with what is wrong about them: services that none runs, and what differs although it must agree."""

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.doctor.agreement import disagreements
from tis_esr.operations.processes.announced import announced, live
from tis_esr.operations.processes.listing import ListedProcess, Processes, ProcessState, processes
from tis_esr.services.flow import SERVICES


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """Something that differs between running processes: what it is, how it differs, and what to do."""

    about: str
    problem: str
    remedy: str


class ProcessOverview(msgspec.Struct, frozen=True, kw_only=True):
    """The processes; ``idle`` are the services that no running process has."""

    found: Processes
    idle: list[str]
    disagreements: list[Disagreement]


class SettingOfProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A setting of one process that must agree; ``others`` are the values of other running processes that differ."""

    name: str
    value: str
    others: list[str]


def process_overview(reader: Reader) -> ProcessOverview:
    """Return all processes that run, or are gone for less than a day, and what is wrong about those that run."""
    running = live(announced(reader), reader.time())
    has = {service for process in running for service in process.services}
    return ProcessOverview(
        found=processes(reader),
        idle=[service for service in SERVICES if service not in has],
        disagreements=[
            Disagreement(about=finding.setting, problem=finding.problem, remedy=finding.remedy)
            for finding in disagreements(running)
        ],
    )


def has_every_service(process: ListedProcess) -> bool:
    """Return whether a process runs all services."""
    return set(process.services) == set(SERVICES)


def settings_of(found: Processes, process: ListedProcess) -> list[SettingOfProcess]:
    """Return the settings of a process that must agree, each with the values of others that differ."""
    running = [one for one in found.processes if one.state is ProcessState.RUNNING]
    others = [one for one in running if one.name != process.name]
    return [
        SettingOfProcess(
            name=f"TIS_ESR_{name.upper()}",
            value=value,
            others=sorted({one.settings[name] for one in others if name in one.settings} - {value}),
        )
        for name, value in sorted(process.settings.items())
    ]
