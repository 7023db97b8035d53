"""Where a process may die: the calls between which something is durable, or has happened outside."""

import inspect
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.drawn import DAY, LONG

from tis_esr.engine.embedded import parking as embedded_parking
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.mongodb import inbox, outbox, parking
from tis_esr.engine.production.rabbitmq.broker import Broker
from tis_esr.engine.production.rabbitmq.deliveries import ConsumerBuffer
from tis_esr.files import folder
from tis_esr.tcs.client import Tcs

SIDES = ("before", "after")

Boundaries = dict[str, tuple[Any, str]]
Reached = Callable[[str, int, str], None]

OUTSIDE: Boundaries = {
    "create absence": (Tcs, "create_absence"),
    "patch absence": (Tcs, "patch_absence"),
    "patch contact": (Tcs, "patch_contact_details"),
    "write file": (folder.Folder, "write"),
    "put in place": (folder, "put_in_place"),
    "tell exported": (Tcs, "post_esr_exported"),
    "tell changed": (Tcs, "post_esr_changed"),
}
OUTSIDE_IN_A_ROW = [["create absence"], ["patch absence"], [*OUTSIDE][2:-1], ["tell changed"]]
"""Which of them one day surely comes to one after the other, however often it is killed at them."""

EMBEDDED: Boundaries = {
    "commit": (EmbeddedEngine, "commit"),
    "claim": (EmbeddedEngine, "claim"),
}
EMBEDDED_BESIDES: Boundaries = {
    "release": (EmbeddedEngine, "release"),
    "replay": (EmbeddedEngine, "replay"),
    "discard": (EmbeddedEngine, "discard"),
    "end parking": (embedded_parking, "end_parking"),
}
PRODUCTION: Boundaries = {
    "commit": (ProductionEngine, "commit"),
    "transaction": (ProductionEngine, "_transaction"),
    "add to the outbox": (outbox, "add"),
    "publish": (Broker, "publish"),
    "mark sent": (outbox, "mark_sent"),
    "claim": (ProductionEngine, "claim"),
    "take a lease": (inbox, "claim"),
    "finish the inbox": (inbox, "finish"),
    "acknowledge": (ConsumerBuffer, "acknowledge"),
}
PRODUCTION_BESIDES: Boundaries = {
    "release": (ProductionEngine, "release"),
    "replay": (ProductionEngine, "replay"),
    "discard": (ProductionEngine, "discard"),
    "end parking": (parking, "end_parking"),
}


def boundaries_of(engine: str) -> Boundaries:
    """Return every boundary of an engine and of what lies outside."""
    if engine == "production":
        return OUTSIDE | PRODUCTION | PRODUCTION_BESIDES
    return OUTSIDE | EMBEDDED | EMBEDDED_BESIDES


def sides(boundary: str, engine: str) -> Sequence[str]:
    """Return at which sides of a boundary a day is killed: at both in the long form, else at the one that the other engine leaves out today."""
    if LONG:
        return SIDES
    first = Random(f"{DAY} {boundary}").random() < 0.5
    return SIDES[:1] if first == (engine == "embedded") else SIDES[1:]


def wrap(boundary: str, place: tuple[Any, str], reached: Reached) -> None:
    """Have ``reached`` called before and after each call of a boundary, with the number of the call."""
    owner, name = place
    original, calls = getattr(owner, name), iter(range(1, 1 << 30))
    if not inspect.iscoroutinefunction(original):

        def step(*args: Any) -> Any:
            number = next(calls)
            reached(boundary, number, "before")
            result = original(*args)
            reached(boundary, number, "after")
            return result

        setattr(owner, name, step)
        return

    async def astep(*args: Any, **kwargs: Any) -> Any:
        number = next(calls)
        reached(boundary, number, "before")
        result = await original(*args, **kwargs)
        reached(boundary, number, "after")
        return result

    setattr(owner, name, astep)
