"""What the Helm chart knows of the program: its services, and which settings with which values its schema allows."""

import json
from pathlib import Path
from typing import Any

from docgen.settings_page import descriptions
from tis_esr.files.file_store import Nowhere
from tis_esr.services.flow import CALLING_TCS, SERVICES, Dependencies, services
from tis_esr.settings import PREFIX, Settings
from tis_esr.tcs.client import Tcs, TcsSettings

_SCHEMA = Path(__file__).parent / "chart_values.schema.json"
"""The schema of the chart's values; what follows from the program is filled in below ``$defs``."""
_SET_BY_THE_CHART = frozenset(
    {
        "engine",
        "http_host",
        "http_port",
        "console_host",
        "console_port",
        "tcs_concurrency",
        "tcs_concurrency_total",
    }
)
_NOT_IN_A_CLUSTER = frozenset({"state", "person"})
"""For the embedded engine, and for a person's shell."""
_STORES = ("files_in", "files_out")


def services_json() -> str:
    """Return the chart's list of services: whether each calls TCS, and the queues that it reads."""
    nowhere = Nowhere()
    tcs = Tcs(TcsSettings(base_url="http://localhost/tcs"))
    handlers = services(Dependencies(tcs, nowhere, nowhere))
    known = {
        name: {"callsTcs": name in CALLING_TCS, "queues": [handler.queue for handler in handlers[name]]}
        for name in SERVICES
    }
    return json.dumps(known, indent=2) + "\n"


def values_schema() -> str:
    """Return the JSON Schema of the chart's values."""
    schema = json.loads(_SCHEMA.read_text())
    allowed = {
        name: rule for name, rule in _settings().items() if name not in _SET_BY_THE_CHART | _NOT_IN_A_CLUSTER
    }
    plain = {name: rule for name, rule in allowed.items() if not _is_secret(rule)}
    texts = descriptions()
    schema["$defs"] |= {
        "service": {"enum": list(SERVICES)},
        "secretSetting": {"enum": [_variable(name) for name, rule in allowed.items() if _is_secret(rule)]},
        "settings": {
            "type": "object",
            "additionalProperties": False,
            "required": [_variable(name) for name in ("tcs_url", *_STORES)],
            "properties": {
                _variable(name): {**rule, "description": texts[name]} for name, rule in plain.items()
            },
        },
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _settings() -> dict[str, dict[str, Any]]:
    """Return what each setting may be, without null, which an environment variable cannot be."""
    found = {}
    for name, rule in Settings.model_json_schema()["properties"].items():
        [kind] = [each for each in rule.get("anyOf", [rule]) if each.get("type") != "null"]
        found[name] = {key: value for key, value in kind.items() if key not in ("title", "default")}
    for name in _STORES:
        found[name]["enum"] = [kind for kind in found[name]["enum"] if kind != "folder"]
    return found


def _is_secret(rule: dict[str, Any]) -> bool:
    return rule.get("format") == "password"


def _variable(name: str) -> str:
    return PREFIX + name.upper()
