"""The layout of ``--help``: plain text of at most 80 columns, with arguments, options, defaults and examples."""

import re
import sys
from collections.abc import Iterable, Sequence
from shutil import get_terminal_size
from textwrap import TextWrapper
from typing import Any

from typer import BadParameter
from typer.core import TyperCommand, TyperGroup

_WIDEST = 80
_NAMES = 30


class Command(TyperCommand):
    """A command whose help ends with its examples, given as its epilog, a command a line."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the command's name in its usage."""
        arguments = [p for p in self.get_params(ctx) if p.param_type_name == "argument"]
        return ["[OPTIONS]", *(_name(argument) for argument in arguments)]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; a value that is not valid is reported in plain words, wrapped on a terminal."""
        try:
            return super().parse_args(ctx, args)
        except BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            if sys.stderr.isatty():
                before = f"Error: {error.format_message()}".removesuffix(error.message)
                error.message = "\n".join(_wrapped(error.message, " " * len(before), "  ")).lstrip()
            raise

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of a command."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write(_page(f"Usage: {ctx.command_path} {pieces}", self.help or "", _sections(self, ctx)))


class Group(TyperGroup):
    """The program, whose help lists its commands."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the program."""
        commands = [self.get_command(ctx, name) for name in self.list_commands(ctx)]
        listed = [(str(command.name), _first_sentence(command.help or "")) for command in commands if command]
        sections = [("Commands", listed), *_sections(self, ctx)]
        formatter.write(
            _page(f"Usage: {ctx.command_path} [OPTIONS] COMMAND [ARGUMENTS]", self.help or "", sections)
        )


def _sections(command: Any, ctx: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    parameters = command.get_params(ctx)
    arguments = [p for p in parameters if p.param_type_name == "argument" and not p.hidden]
    records = [p.get_help_record(ctx) for p in parameters if p.param_type_name == "option"]
    examples = [(line.strip(), "") for line in (command.epilog or "").splitlines() if line.strip()]
    return [
        ("Arguments", [(_name(p), p.help or "") for p in arguments]),
        ("Options", [(names, _plain(text)) for names, text in filter(None, records)]),
        ("Examples", examples),
    ]


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _plain(text: str) -> str:
    """Format the values of an option for people: ``[default: all 13]``, ``1 to 13``, ``at least 40``."""
    text = re.sub(r"\[default: \((.*?)\)([\];])", r"[default: \1\2", text)
    text = re.sub(r"(\d+)<=x<=(\d+)", r"\1 to \2", text)
    return re.sub(r"x>=(\d+)", r"at least \1", text)


def _page(usage: str, text: str, sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> str:
    lines = [*_wrapped(usage, "", "       "), ""]
    for paragraph in text.split("\n\n"):
        lines += [*_wrapped(" ".join(paragraph.split()), "", ""), ""]
    for title, rows in sections:
        if rows:
            lines += [f"{title}:", *_rows(rows), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _rows(rows: Sequence[tuple[str, str]]) -> Iterable[str]:
    """Return names with their texts beside them, or below a name that is too long for its column."""
    if not any(text for _, text in rows):
        return [f"  {name}" for name, _ in rows]
    column = max((len(name) for name, _ in rows if len(name) <= _NAMES), default=_NAMES) + 4
    lines: list[str] = []
    for name, text in rows:
        if len(name) + 4 > column:
            lines += [f"  {name}", *_wrapped(text, " " * column, " " * column)]
        else:
            lines += _wrapped(text, f"  {name}".ljust(column), " " * column) or [f"  {name}"]
    return lines


def _wrapped(text: str, first: str, more: str) -> list[str]:
    width = max(min(get_terminal_size().columns, _WIDEST), 40)
    wrapper = TextWrapper(
        width,
        initial_indent=first,
        subsequent_indent=more,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
    )
    return wrapper.wrap(text)


def _first_sentence(text: str) -> str:
    sentence = " ".join(text.split("\n\n")[0].split())
    return sentence.partition(". ")[0].rstrip(".")
