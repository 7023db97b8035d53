"""All sources of findings, and one evaluation of them: a source that fails leaves its kinds unknown, and no others."""

import asyncio
from collections.abc import Iterable, Mapping

from tis_esr.counted import counted
from tis_esr.engine.faults import TransientError
from tis_esr.engine.supervision import Beat, no_beat
from tis_esr.errors import TisEsrError
from tis_esr.operations.alarms import about_servers, look_files, look_people, look_queues, look_servers
from tis_esr.operations.alarms.findings import Finding, Judged, finding
from tis_esr.operations.alarms.sight import NotKnownError, Sight, Source

SOURCE_SECONDS = 120.0
_NEARLY = 0.9
"""Evaluations are not exactly as far apart as they should be."""

SOURCES: tuple[Source, ...] = (
    *look_servers.SOURCES,
    *look_queues.SOURCES,
    *look_files.SOURCES,
    *look_people.SOURCES,
)


async def judge(
    sight: Sight, sources: Iterable[Source], last: Mapping[str, float], beat: Beat = no_beat
) -> Judged:
    """Look at the sources that are due, one after the other; ``last`` says when a kind was judged by any process.

    A source that can't be read, or not within SOURCE_SECONDS, leaves its kinds unknown, with the reason, and the others
    are judged. ``beat`` is called before each.
    """
    findings: list[Finding] = []
    kinds: set[str] = set()
    unknown: dict[str, str] = {}
    not_known: dict[str, str] = {}
    for source in sources:
        if not is_due(source, last, sight.now.timestamp(), sight.settings.alarm_seconds):
            continue
        beat()
        try:
            async with asyncio.timeout(SOURCE_SECONDS):
                findings += await source.look(sight)
        except NotKnownError as error:
            not_known |= dict.fromkeys((kind.id for kind in source.kinds), str(error))
        except TimeoutError:
            unknown |= dict.fromkeys((kind.id for kind in source.kinds), "timed out")
        except (TransientError, TisEsrError, OSError) as error:
            unknown |= dict.fromkeys((kind.id for kind in source.kinds), str(error) or type(error).__name__)
        except Exception as error:  # noqa: BLE001 - what can't judge one kind must not keep the others from it
            unknown |= dict.fromkeys((kind.id for kind in source.kinds), type(error).__name__)
        else:
            kinds.update(kind.id for kind in source.kinds)
    if unknown:
        findings.append(_not_judged(unknown))
    kinds.add(about_servers.ALARMS_NOT_JUDGED.id)
    return Judged(
        findings=findings,
        kinds=frozenset(kinds),
        unknown=unknown,
        not_known=not_known,
        process=sight.process.name,
    )


def is_due(source: Source, last: Mapping[str, float], now: float, every: float) -> bool:
    """Return whether a source is to be read: each process reads what is about itself, of the rest one reads what is old.

    ``every`` are the seconds between two evaluations. Also what was judged by a clock that was ahead is read again.
    """
    if source.per_process:
        return True
    seconds = max(source.seconds, every)
    ages = [now - last.get(kind.id, 0.0) for kind in source.kinds]
    return max(ages) >= _NEARLY * seconds or min(ages) < -seconds


def _not_judged(unknown: Mapping[str, str]) -> Finding:
    reason = next(iter(unknown.values()))
    text = f"{counted(len(unknown), 'kind of alarm', 'kinds of alarms')} cannot be judged: {reason}"
    return finding(about_servers.ALARMS_NOT_JUDGED, "", sorted(unknown), text)
