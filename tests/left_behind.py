"""Removes from our own servers what test processes left that were killed: enough of it makes both servers slow."""

import os
import re

import pymongo
from servers.running import Rabbit

_OF_A_PROCESS = re.compile(r"tests-(\d+)(?:-\w+)?")


def own_name(of: str = "") -> str:
    """Return a name for what this process makes on the servers, by which others see whether it still runs."""
    return f"tests-{os.getpid()}-{of}" if of else f"tests-{os.getpid()}"


def remove_left_behind(rabbit: Rabbit, mongodb_url: str | None) -> None:
    """Remove the virtual hosts, and the databases if the server is ours, of processes that do not run any more."""
    for name in rabbit.control("list_vhosts").split():
        if _is_of_none(name):
            rabbit.control("delete_vhost", name)
    if mongodb_url is None:
        return
    with pymongo.MongoClient[dict[str, object]](mongodb_url) as client:
        for name in client.list_database_names():
            if _is_of_none(name):
                client.drop_database(name)


def _is_of_none(name: str) -> bool:
    found = _OF_A_PROCESS.fullmatch(name)
    if found is None:
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
