"""``docs/runbooks/parked``: a page for each cause of parking, from the catalogue."""

from docgen.markdown import NOTICE, table
from tis_esr.operations.parked.catalogue import CATALOGUE
from tis_esr.parking_causes import ParkingCause


def name(cause: ParkingCause) -> str:
    """Return the name of a cause's page."""
    return f"{cause.value}.md"


def page(cause: ParkingCause) -> str:
    """Return the page of a cause."""
    text = CATALOGUE[cause]
    after = (
        f"tis-esr parked retry --cause {cause.value} --dry-run\n"
        if text.can_retry
        else f"tis-esr parked discard --cause {cause.value} --why TEXT --ticket TICKET --review DATE\n"
    )
    return (
        f"# {text.title}\n\n{NOTICE}\n\n"
        f"Cause: `{cause.value}`\n\n"
        f"{text.meaning} The message is kept, and no other message waits for it.\n\n"
        f"**Who acts:** {text.who}\n\n"
        f"**What to do:** {text.action}\n\n"
        f"**Retry:** {text.retry}\n\n"
        "<!-- not executed: the demo has no message of most causes -->\n\n"
        f"```\ntis-esr parked list --cause {cause.value}\ntis-esr parked show ID\n{after}```\n\n"
        "[Parked messages](../../how-to/parked-messages.md) describes the commands.\n"
    )


def index() -> str:
    """Return the page that lists all causes."""
    rows = [
        (
            f"[`{cause.value}`]({name(cause)})",
            text.title,
            text.who,
            text.retry_when if text.can_retry else "no",
        )
        for cause, text in CATALOGUE.items()
    ]
    heads = ("cause", "what happened", "who acts", "a retry can help")
    return f"# Causes of parking\n\n{NOTICE}\n\nEach parked message has one of these causes.\n\n{table(heads, rows)}\n"
