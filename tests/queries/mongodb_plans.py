"""A listener to MongoDB's commands that explains each shape once: no collection scan, no sort in memory, no whole index."""

from collections.abc import Iterator
from typing import Any

from pymongo import MongoClient, monitoring
from pymongo.errors import PyMongoError
from tests.queries.plans import PLANS

Json = dict[str, Any]
_MANY = 100
"""From so many values of an ``$in`` on, MongoDB may plan another way: such a query is a shape of its own."""
_KEPT = {
    "find": ("find", "filter", "sort", "projection", "limit", "hint", "min", "max"),
    "aggregate": ("aggregate", "pipeline", "cursor", "hint"),
    "count": ("count", "query"),
    "distinct": ("distinct", "key", "query"),
    "findAndModify": ("findAndModify", "query", "sort", "update", "new", "upsert", "remove"),
}
_OWN = {"admin", "local", "config"}


class Listener(monitoring.CommandListener):
    """See the module."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, int | None], MongoClient[Json]] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Explain a command of a shape that is new."""
        if event.database_name in _OWN:
            return
        for command in _explainable(event.command_name, dict(event.command)):
            shape = f"MongoDB: {_shape(command)}"
            if not PLANS.is_known(shape):
                self._explain(event, shape, command)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""

    def _explain(self, event: monitoring.CommandStartedEvent, shape: str, command: Json) -> None:
        address = event.connection_id
        if address not in self._clients:
            self._clients[address] = MongoClient(
                *address, directConnection=True, serverSelectionTimeoutMS=2000, socketTimeoutMS=2000
            )
        try:
            database = self._clients[address][event.database_name]
            plan = database.command("explain", command, verbosity="queryPlanner")
        except PyMongoError as error:
            if error.has_error_label("TransientTransactionError") or not getattr(error, "code", None):
                return  # the server is being stopped by a test: the next one of this shape is explained
            PLANS.explained(shape, f"not explained: {error}")
            return
        stages = list(_stages(plan))
        if "EOF" not in stages:
            PLANS.explained(shape, "; ".join(filter(_is_bad, stages)))


def _explainable(name: str, command: Json) -> Iterator[Json]:
    """Return what can be explained of a command: of several updates or deletions each by itself."""
    if name in _KEPT:
        yield {key: command[key] for key in _KEPT[name] if key in command}
    for kind, parts in (("update", "updates"), ("delete", "deletes")):
        if name == kind:
            for part in command[parts]:
                yield {kind: command[kind], parts: [part]}


def _shape(value: Any, key: str = "") -> Any:
    """Return a command with its values left out: names, operators, and what is sorted by, stay."""
    if key in {"sort", "find", "update", "aggregate", "delete", "findAndModify", "count"} and not isinstance(
        value, dict
    ):
        return value
    if key in {"sort", "pipeline"}:
        return value if key == "sort" else [_shape(one) for one in value]
    if key in {"u", "projection", "cursor"}:
        return ""
    if isinstance(value, dict):
        return {name: _shape(one, name) for name, one in value.items()}
    if key == "$in":
        return "many" if len(value) >= _MANY else "some"
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return "limited" if key == "limit" else ""


def _stages(plan: Any, *, is_winning: bool = False) -> Iterator[str]:
    """Return the stages of the winning plans in words; of an index scan also whether it reads the whole index."""
    if isinstance(plan, list):
        for one in plan:
            yield from _stages(one, is_winning=is_winning)
    if not isinstance(plan, dict):
        return
    if is_winning and "stage" in plan:
        bounds = next(iter(plan.get("indexBounds", {"": [""]}).values()))
        whole = bounds == ["[MinKey, MaxKey]"]
        yield f"{plan['stage']} of the whole index {plan['indexName']}" if whole else plan["stage"]
    if "$sort" in plan:
        yield "SORT"
    for name, part in plan.items():
        if name != "rejectedPlans":
            yield from _stages(part, is_winning=is_winning or name == "winningPlan")


def _is_bad(stage: str) -> bool:
    return stage in {"COLLSCAN", "SORT"} or "whole" in stage


def explain_mongodb() -> None:
    """Have every client that is made from now on explain what it asks."""
    monitoring.register(Listener())
