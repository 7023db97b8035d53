"""``python -m supply_chain.promises``: fails if the program's sources break a promise of SECURITY.md. A part of ``make lint``.

ruff's S rules look for what is dangerous in any program; these look for what is dangerous in this one: personal data and secrets in
logs and error texts, connections without their checks, files that others can read, pages that are not escaped.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from supply_chain import ROOT
from tis_esr.tcs.models import ContactDetails, PersonalDetails

SOURCES = ROOT / "src" / "tis_esr"
_HARMLESS = {"id", "amended_date", "title", "country"}
PERSONAL = (set(ContactDetails.__struct_fields__) | set(PersonalDetails.__struct_fields__)) - _HARMLESS | {
    "birth_date", "body", "contact_details", "date_of_birth", "first_name", "forename", "last_name", "middle_name", "ni_number",
    "personal_details", "postcode", "raw_line",
}  # fmt: skip
"""Names of fields that say something about a person, or hold all of a message or row."""
_SECRET = {"get_secret_value", "password", "client_secret", "secret_access_key", "authorization"}
_LOGGERS = re.compile(r"_?log(ger)?|logging|contextvars")
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "bind", "bind_contextvars"}
_OTHERS = {"set_attribute", "add_event", "labels"}
"""What a trace or a metric is given."""
_UNCHECKED = {
    "verify",
    "ssl",
    "check_hostname",
    "tls",
    "tls_insecure",
    "tlsInsecure",
    "tlsAllowInvalidCertificates",
}
EXCEPTIONS = {
    ("commands/conversation.py", "write_bytes"): "files of the demo, of invented people",
    ("files/sftp.py", "open"): "a file on the server, which has its own permissions",
    (
        "operations/doctor/certificates.py",
        "check_hostname",
    ): "reads a certificate that may be invalid, and sends nothing",
    (
        "operations/doctor/certificates.py",
        "CERT_NONE",
    ): "reads a certificate that may be invalid, and sends nothing",
}
"""Breaches that are none, by module and the first word of what is reported; the value says why."""
_WRITING = {"write_text", "write_bytes"}
_WRITERS = ("private_files.py", "simulation/")
"""Where files may be written: privately, or of invented people."""
_UNESCAPED = re.compile(r"\|\s*safe\b|autoescape\s+false")


def breaches(tree: ast.AST, *, may_write: bool = False) -> Iterator[tuple[int, str]]:
    """Yield the line of each breach in a module, and what it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((node.lineno, text) for text in _of_call(node, may_write=may_write))
        elif isinstance(node, ast.Raise) and node.exc is not None:
            yield from ((node.lineno, f"{name} in an error's text") for name in _told(node.exc))
        elif isinstance(node, ast.Assign) and _is_false(node.value):
            targets = (target for target in node.targets if isinstance(target, ast.Attribute))
            yield from (
                (node.lineno, f"{one.attr} is switched off") for one in targets if one.attr in _UNCHECKED
            )
        elif isinstance(node, ast.Attribute) and node.attr in {"CERT_NONE", "_create_unverified_context"}:
            yield node.lineno, f"{node.attr}: a connection without its checks"


def _of_call(call: ast.Call, *, may_write: bool) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    of = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if (name in _LEVELS and _LOGGERS.fullmatch(of.split(".")[-1])) or name in _OTHERS:
        for argument in [*call.args, *(word.value for word in call.keywords)]:
            yield from (f"{told} in a log, trace or metric" for told in _told(argument))
        yield from (
            f"{word.arg} in a log, trace or metric"
            for word in call.keywords
            if word.arg in PERSONAL | _SECRET
        )
    for word in call.keywords:
        if word.arg in _UNCHECKED and _is_false(word.value):
            yield f"{word.arg} is switched off"
    if not may_write and (name in _WRITING or (name == "open" and _writes(call))):
        yield f"{name} writes a file that others may read: use private_files"


def _told(node: ast.AST) -> Iterator[str]:
    """Yield the names of personal values and secrets in an expression, except those of which only the type, number or presence is said."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"type", "len", "bool", "masked"}:
        return
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    if name in PERSONAL | _SECRET:
        yield name
        return
    for part in ast.iter_child_nodes(node):
        yield from _told(part)


def _writes(call: ast.Call) -> bool:
    modes = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    return any(
        isinstance(mode, ast.Constant) and re.fullmatch(r"[awx]b?\+?|r\+b?", str(mode.value))
        for mode in modes
    )


def _is_false(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def scan(sources: Path = SOURCES) -> Iterator[str]:
    """Yield a line for each breach in the modules and templates of a folder."""
    for path in sorted(sources.rglob("*.py")):
        module = path.relative_to(sources).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for line, text in breaches(tree, may_write=module.startswith(_WRITERS)):
            if (module, re.split(r"\W", text)[0]) not in EXCEPTIONS:
                yield f"{path}:{line}: {text}"
    for path in sorted(sources.rglob("*.html")):
        for number, said in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if _UNESCAPED.search(said):
                yield f"{path}:{number}: a value that is not escaped"


def main() -> int:
    """Print the breaches; return 1 if there are any."""
    lines = list(scan())
    print(*lines, sep="\n", end="\n" if lines else "")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
