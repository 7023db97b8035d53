"""Variables that look like settings and are none."""

from tis_esr.engine.production.server_checks import Finding
from tis_esr.reading_settings import unknown_variables
from tis_esr.settings import Settings


async def check(_: Settings) -> list[Finding]:
    """Name each unknown variable."""
    return [Finding("environment", sentence, "correct or remove it") for sentence in unknown_variables()]
