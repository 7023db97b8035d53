"""Terminal output: width, colours and encoding, and plain output where there is no terminal.

On a terminal, text is wrapped between words at its width. In a pipe or a file each item is one whole line without
colour.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from rich.cells import cell_len
from rich.console import Console
from rich.errors import MarkupError
from rich.text import Text

from tis_esr.visible import visible

_NOT_OURS = re.compile(r"(?<!\\)\[(?!(?:bold|bold red|green|yellow|/)\])")
_WORD = re.compile(r"\S+\s*")
_GAP: Final = 2

HEADING, GOOD, NOTICE, BAD = "bold", "green", "yellow", "bold red"
"""Styles by meaning. The text always says what the colour says."""


class Terminal(Console):
    """A console that escapes text from outside: only our own few tags are markup, and nothing is invisible."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text to show; brackets that are not our markup are kept."""
        text = visible(text)
        if options.get("markup") is False:
            return super().render_str(text, **options)
        try:
            return super().render_str(_NOT_OURS.sub(r"\[", text), **options)
        except MarkupError:
            return super().render_str(text, **{**options, "markup": False})

    def on_broken_pipe(self) -> None:
        """Discard further output after ``| head``: the work continues, and the exit code is that of the work."""
        _discard(self.file)

    @property
    def is_interactive_terminal(self) -> bool:
        """Return whether lines can be redrawn: not in a pipe or a file, and not where TERM is dumb."""
        return self.is_terminal and not self.is_dumb_terminal

    def say(self, text: str, *, label: str = "", style: str = "", indent: int = 0) -> None:
        """Print one line: the label in its style, then the text unchanged. A terminal gets it wrapped between words.

        Continuation lines are indented; a word longer than the line is never broken.
        """
        whole = Text(visible(label), style=style if label else "")
        if label and text:
            whole = Text.assemble(whole, " ")
        whole = Text.assemble(whole, Text(visible(text), style="" if label else style))
        for line in whole.split("\n", allow_blank=True):
            self._line(line, indent, indent + _GAP)

    def _line(self, line: Text, first: int, more: int) -> None:
        """Print a line indented by ``first`` blanks, its continuation lines by ``more`` blanks."""
        parts = (
            line.divide(_breaks(line.plain, self.width - first, self.width - more))
            if self.is_terminal
            else [line]
        )
        for number, part in enumerate(parts):
            part.rstrip()
            self.print(Text.assemble(" " * (more if number else first), part), soft_wrap=True)

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print columns under their headers, or a list of labels and values if the terminal is too narrow."""
        shown = [[visible(cell, kept="") for cell in row] for row in rows]
        widths = [max(map(cell_len, column)) for column in zip(headers, *shown, strict=True)]
        if self.is_terminal and sum(widths) + _GAP * (len(widths) - 1) > self.width:
            self._list(headers, shown)
            return
        for number, row in enumerate([headers, *shown]):
            cells = [cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)]
            line = (" " * _GAP).join(cells).rstrip()
            self.print(Text(line, style="" if number else HEADING), soft_wrap=True)

    def _list(self, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        for first, *others in rows:
            if len(others) == 1:
                self.say(others[0], label=f"{first}:", style=HEADING)
                continue
            self.say(first, style=HEADING)
            for header, cell in zip(headers[1:], others, strict=True):
                self.say(cell, label=f"{header}:", indent=_GAP)


console = Terminal(highlight=False)
errors = Terminal(stderr=True, highlight=False)


def say(text: str, *, label: str = "", style: str = "", indent: int = 0) -> None:
    """Print one line of a result; see Terminal.say."""
    console.say(text, label=label, style=style, indent=indent)


def print_json(value: object) -> None:
    """Print a result as JSON: keys in their order, other characters than ASCII escaped where the encoding lacks them.

    Invisible characters are always escaped, so that none affects a terminal.
    """
    is_unicode = console.encoding.lower().startswith("utf")
    text = json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=not is_unicode)
    if not text.isascii():
        text = "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
    try:
        console.file.write(text + "\n")
        console.file.flush()
    except BrokenPipeError:
        console.on_broken_pipe()


def prepare() -> None:
    """Make both streams accept any character: one that their encoding lacks is written as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def finish() -> None:
    """Flush the output; a closed pipe is not an error."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            _discard(stream)


def _breaks(text: str, first: int, width: int) -> list[int]:
    """Return where to break a line whose first part has ``first`` cells and others ``width``: before words only."""
    offsets, left = [], first
    for word in _WORD.finditer(text):
        if cell_len(word[0].rstrip()) > left and word.start():
            offsets.append(word.start())
            left = width
        left -= cell_len(word[0])
    return offsets


def _discard(stream: Any) -> None:
    """Redirect a stream's descriptor, and what is still in its buffer, to nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, stream.fileno())
    finally:
        os.close(nowhere)
