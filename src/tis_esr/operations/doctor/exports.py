"""Whether exports are withheld because the store was restored from a backup."""

from contextlib import closing

from tis_esr.engine.production.server_checks import Finding
from tis_esr.errors import TisEsrError
from tis_esr.operations.composition import reader_of
from tis_esr.operations.dates import day, in_london
from tis_esr.operations.doctor.check import not_checked
from tis_esr.operations.exports.withheld import withheld_since
from tis_esr.settings import Settings

_SUBJECT = "tis-esr recover"


async def check(settings: Settings) -> list[Finding]:
    """Find that nothing is exported until what was sent since a backup is known."""
    if settings.engine == "embedded" and not settings.state.exists():
        return []
    try:
        with closing(reader_of(settings)) as reader:
            restored_at = withheld_since(reader)
    except TisEsrError:
        return [not_checked(_SUBJECT, "whether exports are withheld", "the store could not be read")]
    if restored_at is None:
        return []
    at = in_london(restored_at)
    problem = (
        "has not settled yet what was sent since the store was restored from a backup on"
        f" {day(at)} {at:%H:%M}, so exports are withheld"
    )
    return [Finding(_SUBJECT, problem, "run tis-esr recover --from (time of the backup) --to (now)")]
