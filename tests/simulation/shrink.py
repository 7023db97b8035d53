"""Finding the few disturbances that a violation needs."""

from collections.abc import Callable

from tests.simulation.judge import Judgement, judge


def shrink(seed: int, kind: str, say: Callable[[str], None], off: frozenset[str] = frozenset()) -> Judgement:
    """Leave out disturbances, whole kinds first, then ever smaller parts, while a violation of ``kind`` stays."""
    best = judge(seed, off)
    tried: set[frozenset[str]] = set()

    def without(names: set[str]) -> bool:
        nonlocal best, off
        chosen = off | names
        if not names or chosen in tried:
            return False
        tried.add(chosen)
        found = judge(seed, chosen)
        if any(violation.kind == kind for violation in found.violations):
            best, off = found, chosen
            say(f"without {', '.join(sorted(names))}: still there, {len(best.run.chance.happened)} left")
            return True
        return False

    for group in sorted({name.partition(":")[0].partition(".")[0] for name in best.run.chance.happened}):
        without({group})
    part = max(1, len(best.run.chance.happened) // 2)
    while part:
        progress = False
        names = sorted(best.run.chance.happened)
        for start in range(0, len(names), part):
            progress |= without(set(names[start : start + part]))
        if not progress:
            part //= 2
    return best
