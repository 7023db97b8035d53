"""``docs/reference/cli.md``: every command with its arguments, options and defaults, from the program itself."""

import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any

import typer

from docgen.markdown import NOTICE, table
from tis_esr.cli import app

_OPENING = """# Command line

`tis-esr` is one program. `tis-esr --help` lists its commands, `tis-esr COMMAND --help` describes one.
Exit codes are the same for all commands: see [exit codes](exit-codes.md). Settings come from the environment: see [settings](settings.md).
"""

_KINDS = {"int": "NUMBER", "float": "NUMBER", "Path": "PATH", "datetime": "DATE"}


def page() -> str:
    """Return the page."""
    program: Any = typer.main.get_command(app)
    parts = [_OPENING, NOTICE, "## tis-esr", _parameters(program)]
    for name, command in program.commands.items():
        if not command.hidden:
            parts += [f"## tis-esr {name}", *_command(name, command)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    yield inspect.cleandoc(command.help or "").replace("\f", "").strip()
    if getattr(command, "commands", None):
        for inner, sub in command.commands.items():
            yield f"### tis-esr {name} {inner}"
            yield from _command(f"{name} {inner}", sub)
        return
    arguments = [_argument(parameter) for parameter in command.params if not _is_option(parameter)]
    yield "```\n" + " ".join(["tis-esr", name, "[OPTIONS]", *arguments]) + "\n```"
    yield _parameters(command)
    if command.epilog:
        yield f"Examples:\n\n```\n{inspect.cleandoc(command.epilog)}\n```"


def _parameters(command: Any) -> str:
    rows = [_row(parameter) for parameter in command.params if not getattr(parameter, "hidden", False)]
    return table(("argument or option", "default", "meaning"), rows) if rows else ""


def _row(parameter: Any) -> tuple[str, str, str]:
    if not _is_option(parameter):
        return f"`{_argument(parameter)}`", _default(parameter), parameter.help or ""
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    if not parameter.is_flag:
        names += f" `{_values(parameter)}`"
    return names, "" if parameter.is_flag else _default(parameter), parameter.help or ""


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _argument(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    name = _values(parameter) if _choices(parameter) else parameter.name.upper()
    name += "..." if parameter.nargs == -1 else ""
    return name if parameter.required else f"[{name}]"


def _values(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    return str(
        parameter.metavar
        or "|".join(_choices(parameter))
        or _KINDS.get(getattr(kind, "__name__", ""), "TEXT")
    )


def _choices(parameter: Any) -> list[str]:
    kind = parameter.type_descriptor.annotation
    return [str(one.value) for one in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    if isinstance(parameter.show_default, str):
        return str(parameter.show_default)
    value = parameter.default
    return "" if value in (None, (), []) or callable(value) else f"`{getattr(value, 'value', value)}`"
