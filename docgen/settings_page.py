"""``docs/reference/settings.md``: every setting with its unit, default and bounds, from the settings class."""

import ast
import inspect
import json
import re
from typing import Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from docgen.markdown import NOTICE, table
from tis_esr.settings import PREFIX, Settings

_OPENING = """# Settings

Each setting is an environment variable `TIS_ESR_...`, or a key of `tis-esr.toml` in the working folder: the variable's name in lower case, without `TIS_ESR_`.
The environment takes precedence. `tis-esr doctor` prints the settings in force, without secrets, and checks what they name.

- A key of `tis-esr.toml` that is not a setting is rejected. A variable that begins with `TIS_ESR_` and is not a setting is ignored, logged as
  `unknown_setting` with the nearest name, and reported by `tis-esr doctor`.
- Blanks and line ends around a value are removed. A value with a line end or a control character inside is rejected.
- An invalid value stops every command with exit code 2 and a message that names the setting.
- Secrets are never printed or logged. In a URL, write `@` and `/` of a password as `%40` and `%2F`.
"""
_UNITS = ("seconds", "days", "weeks", "hours", "bytes")


def descriptions() -> dict[str, str]:
    """Return the text below each setting in the class, by the setting's name."""
    [tree] = ast.parse(inspect.getsource(Settings)).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for field, text in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[ast.unparse(field.target)] = inspect.cleandoc(str(text.value.value)).replace("``", "`")
    return found


def page() -> str:
    """Return the page."""
    known = descriptions()
    rows = [
        (f"`{PREFIX}{name.upper()}`", _default(field), _unit(name), _allowed(field), known.get(name, ""))
        for name, field in Settings.model_fields.items()
    ]
    heads = ("variable", "default", "unit", "allowed", "meaning")
    return f"{_OPENING}\n{NOTICE}\n\n{table(heads, rows)}\n"


def _unit(name: str) -> str:
    return next((unit for unit in _UNITS if name.endswith(f"_{unit}")), "")


def _default(field: FieldInfo) -> str:
    if field.default is None or field.default == ():
        return "not set"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, dict):
        return f"`{json.dumps(field.default)}`"
    return f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"


def _allowed(field: FieldInfo) -> str:
    kinds = [kind for kind in _flat(field.annotation) if kind is not type(None)]
    words = [f"`{word}`" for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)]
    if words:
        return " or ".join(words)
    if SecretStr in kinds:
        return "secret"
    if bool in kinds:
        return "`true` or `false`"
    return ", ".join(filter(None, (_bound(rule) for rule in field.metadata)))


def _flat(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Literal or not get_args(annotation):
        return [annotation]
    return [kind for inner in get_args(annotation) for kind in _flat(inner)]


def _bound(rule: Any) -> str:
    for name, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if (value := getattr(rule, name, None)) is not None:
            return f"{words} {value}"
    pattern = re.search(r"pattern='([^']+)'", repr(rule))
    return f"`{pattern[1]}`" if pattern else ""
