"""``tis-esr`` with every tenth transaction begun late by 1 to 3 seconds, as in a process that is short of memory or CPU."""

import asyncio
from random import Random
from typing import Any

from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.protocol import Commit
from tis_esr.start import main

_original, _random = ProductionEngine.commit, Random(1)


async def _late(engine: Any, what: Commit) -> None:
    if _random.random() < 0.1:
        await asyncio.sleep(_random.uniform(1, 3))
    await _original(engine, what)


if __name__ == "__main__":
    ProductionEngine.commit = _late  # type: ignore[method-assign]  # the disturbance takes its place
    main()
