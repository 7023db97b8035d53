"""The outcome of a message that is not parked any more: who discarded it when, or which batch had it."""

from functools import partial

from starlette.requests import Request

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.batches.documents import Batch, BatchItem
from tis_esr.operations.dates import iso, readable
from tis_esr.operations.parked.by_id import batches_of
from tis_esr.operations.parked.discarding import DISCARDED, Discarded
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.problems import ProblemError


async def gone(request: Request, queue: str, id_: str) -> ProblemError:
    """Return the page of a message that is not parked, as far as the person may see its outcome."""
    return await past(request, queue, id_) or ProblemError(
        404,
        "No message of this id is parked: it was retried or discarded meanwhile, or never parked.",
        "Open the list of parked messages. The batches have the outcome of retries.",
        "Not parked",
    )


async def past(
    request: Request, queue: str, id_: str, *, status: int = 404, more: str = ""
) -> ProblemError | None:
    """Return the outcome of a message, with what ``more`` says; None if nothing is known that the person may see."""
    known, batches = await console_of(request).questions.ask(partial(_past, queue=queue, id_=id_))
    account = account_of(request)
    mine = [one for one in batches if all(map(account.sees, one[0].offices))]
    if known is not None and account.sees(known.deanery):
        return ProblemError(
            status,
            f"This message is not parked any more: {known.who} discarded it at {_at(known)}.{more}",
            "Discarded messages are listed with their reason and day of review.",
            "Not parked",
            ("/parked/discarded", "Discarded messages"),
        )
    if mine:
        batch, item = mine[0]
        begun = readable(iso(batch.started_at.timestamp()))
        return ProblemError(
            status,
            f"This message is not parked any more: batch {batch.id} of {batch.who} had it, begun at {begun}."
            f" Verdict: {item.verdict.value}.{more}",
            "The batch has the reason, and the verdict of each of its messages.",
            "Not parked",
            (f"/batches/{batch.id}", f"Batch {batch.id}"),
        )
    return None


def _at(one: Discarded) -> str:
    return readable(iso(one.at.timestamp()))


def _past(reader: Reader, queue: str, id_: str) -> tuple[Discarded | None, list[tuple[Batch, BatchItem]]]:
    """Return the discard of a message, if there is one, and the batches that had it, the newest first."""
    discarded = next(iter(reader.get(DISCARDED, [f"{queue}|{id_}"])), None)
    return discarded, batches_of(reader, queue, id_)
