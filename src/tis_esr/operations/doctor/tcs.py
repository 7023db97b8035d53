"""TCS: reachable at its address, with a token that may read and, as far as can be tried without an effect, write."""

from collections.abc import Awaitable, Callable

from tis_esr.engine.production.server_checks import Finding
from tis_esr.operations.composition import token_source
from tis_esr.settings import Settings
from tis_esr.tcs.client import BadTcsUrlError, Tcs, TcsSettings
from tis_esr.tcs.tcs_errors import NotTcsError, TcsAccessError, TcsError

_SETTING = "TIS_ESR_TCS_URL"
_NO_ID = 0
"""No placement and no post has this id, so TCS answers 404 and stores nothing."""


async def check(settings: Settings) -> list[Finding]:
    """Read from TCS, and try to write about a placement and a post that don't exist."""
    if settings.tcs_url is None:
        return [Finding(_SETTING, "is not set", "tis-esr run needs it: http://host:8093/tcs")]
    try:
        tcs_settings = TcsSettings(settings.tcs_url, timeout_seconds=10, attempts=1)
        async with Tcs(tcs_settings, token_source(settings)) as tcs:
            await tcs.posts_by_npn(["TIS-ESR-CHECKUP"])
            return await _refused_writes(tcs)
    except BadTcsUrlError as error:
        remedy = "write it with its context path, such as http://host:8093/tcs"
        return [Finding(_SETTING, f"the address {error.problem}", remedy)]
    except (TcsError, NotTcsError, ValueError) as error:
        return [Finding(_SETTING, str(error), "correct it, or TIS_ESR_TCS_TOKEN_URL and its client")]


async def _refused_writes(tcs: Tcs) -> list[Finding]:
    writes: list[Callable[[], Awaitable[bool]]] = [
        lambda: tcs.post_esr_exported(_NO_ID, {}),
        lambda: tcs.post_esr_changed(_NO_ID, {}),
    ]
    refused = []
    for write in writes:
        try:
            await write()
        except TcsAccessError as error:
            refused.append(Finding(_SETTING, str(error), "until then nothing that needs it takes effect"))
        except TcsError:
            continue  # rejected for its content: so it was not refused for lack of permission
    return refused
