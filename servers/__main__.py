"""``python -m servers install|start|stop``: install, start or stop what the tests need; print the servers' URLs.

Reachable servers are used: ``TIS_ESR_TEST_AMQP_URL`` and ``TIS_ESR_TEST_MONGODB_URL`` if they are set,
else a server on its default port, else one started in ``.servers``, or in memory for a test run, on a port that no
other checkout uses.
"""

import os
import sys
from pathlib import Path

from servers.memory import PLACE, place_in_memory
from servers.programs import (
    NotInstalled,
    alertmanager,
    asyncapi_schemas,
    chromium,
    custom_resource_types,
    helm,
    mongod,
    one_at_a_time,
    prometheus,
    rabbitmq,
    sshd,
    systemd_analyze,
)
from servers.running import DidNotStart, Mongo, Rabbit, answers, own_port

ROOT = Path(__file__).parent.parent
HOME = ROOT / ".servers"
"""Where programs are installed, and servers keep their data unless PLACE names another folder."""
AMQP, MONGODB = "TIS_ESR_TEST_AMQP_URL", "TIS_ESR_TEST_MONGODB_URL"


def install() -> None:
    """Install the programs that are missing, for servers that are not there already."""
    with one_at_a_time():
        if not (os.environ.get(AMQP) or answers(5672)):
            rabbitmq()
        if not (os.environ.get(MONGODB) or answers(27017)):
            mongod(HOME / "mongod")
        sshd()
        chromium()
        helm(HOME / "helm")
        custom_resource_types(HOME / "custom_resources")
        asyncapi_schemas(HOME / "asyncapi")
        prometheus()
        alertmanager()
        systemd_analyze()


def addresses() -> dict[str, str]:
    """Start what is missing; return the address of each server by the name of its variable."""
    with one_at_a_time():
        return _addresses()


def _addresses() -> dict[str, str]:
    found = {name: os.environ[name] for name in (AMQP, MONGODB) if os.environ.get(name)}
    if AMQP not in found:
        if answers(5672):
            found[AMQP] = "amqp://guest:guest@127.0.0.1:5672/"
        else:
            rabbit = _rabbit()
            rabbit.start()
            found[AMQP] = rabbit.virtual_host("tis-esr")
    if MONGODB not in found:
        if answers(27017):
            found[MONGODB] = "mongodb://127.0.0.1:27017/"
        else:
            mongo = _mongo()
            mongo.start()
            found[MONGODB] = mongo.url
    return found


def data(name: str) -> Path:
    """Return the folder of a server of this checkout."""
    return Path(os.environ.get(PLACE) or HOME) / name


def _rabbit() -> Rabbit:
    return Rabbit(data("rabbitmq"), own_port(data("rabbitmq"), 5682))


def _mongo() -> Mongo:
    return Mongo(data("mongodb"), own_port(data("mongodb"), 27027))


def _stop() -> None:
    """Stop the servers in ``.servers`` and those in memory."""
    for place in ("", place_in_memory(ROOT)):
        os.environ[PLACE] = place
        _rabbit().stop()
        _mongo().stop()


def main(words: list[str]) -> int:
    """Run the subcommand; return the exit code."""
    try:
        if words == ["install"]:
            install()
        elif words == ["start"]:
            for name, url in addresses().items():
                print(f"{name}={url}")
        elif words == ["stop"]:
            with one_at_a_time():
                _stop()
        else:
            print(__doc__)
            return 2
    except (NotInstalled, DidNotStart) as error:
        print(f"servers: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
