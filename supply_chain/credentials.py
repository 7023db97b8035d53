"""``python -m supply_chain.credentials``: fails if a file that git knows has what looks like a real credential. A part of ``make lint``.

With ``--history`` it scans every content that any file ever had in this clone (``make scan-history``, a minute).

It knows the formats that issuers give their credentials, private keys, and passwords in URLs. Passwords of examples and tests use
the words of ``EXAMPLES``, so that a real one is seen at once. Test keys are made by the tests, never committed.
"""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from supply_chain import ROOT

FORMATS = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "PuTTY key": r"PuTTY-User-Key-File-\d",
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub token": r"\bgh[oprsu]_[A-Za-z0-9]{36,}|\bgithub_pat_[A-Za-z0-9_]{60,}",
    "GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "Slack webhook": r"hooks\.slack\.com/(?:services|workflows)/T[A-Z0-9]{8,}/",
    "Teams webhook": r"\.webhook\.office\.com/webhookb2/[0-9a-f-]{36}@",
    "Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "PyPI token": r"\bpypi-AgE[A-Za-z0-9_-]{50,}",
    "npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "Azure storage key": r"AccountKey=[A-Za-z0-9+/]{80,}={0,2}",
    "JSON web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
}
EXAMPLES = ("1", "b", "guest", "hidden", "hush", "invented", "password", "s3cret", "secret", "word")
"""Passwords in URLs that are examples; so is what begins ``invented``, a placeholder in braces or capitals, and a regular expression."""

_AT_ONCE = 500
"""So many contents are read at once."""
_FORMATS = {name: re.compile(pattern) for name, pattern in FORMATS.items()}
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
"""A variable of Compose or the shell: what it stands for where it is not set."""
_IN_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'<>]*:(?P<password>[^\s/@\"'<>]+)@")
_PLACEHOLDER = re.compile(r"[A-Z_]+|[{$*].*|\[\^.*|invented.*")


def found(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line and the kind of each credential in a text."""
    for number, line in enumerate(text.splitlines(), 1):
        for name, pattern in _FORMATS.items():
            if pattern.search(line):
                yield number, name
        for match in _IN_URL.finditer(_DEFAULT.sub(r"\1", line)):
            password = match["password"]
            if password not in EXAMPLES and not _PLACEHOLDER.fullmatch(password):
                yield number, "password in a URL"


def known_files() -> list[Path]:
    """Return the files that git knows, and those that it would take."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def scan(paths: Iterable[Path]) -> Iterator[str]:
    """Yield a line for each credential in the files: where it is and of which kind, never the credential."""
    for path in paths:
        for number, name in found(path.read_text(encoding="utf-8", errors="replace")):
            yield f"{path}:{number}: {name}"


def scan_history(folder: Path = ROOT) -> Iterator[str]:
    """Yield a line for each credential in a content that git has stored, by its id. LookupError if the clone is shallow."""

    def git(*words: str, given: bytes = b"") -> bytes:
        return subprocess.run(
            ["git", *words], cwd=folder, check=True, capture_output=True, input=given
        ).stdout

    if git("rev-parse", "--is-shallow-repository").strip() == b"true":
        raise LookupError("this clone has only a part of the history; run git fetch --unshallow first")
    listed = git("cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)").splitlines()
    names = [line.split()[0] for line in listed if line.endswith(b" blob")]
    for start in range(0, len(names), _AT_ONCE):
        rest = git("cat-file", "--batch", given=b"\n".join(names[start : start + _AT_ONCE]))
        while rest:
            head, _, rest = rest.partition(b"\n")
            name, _, size = head.decode().split()
            for number, kind in found(rest[: int(size)].decode(errors="replace")):
                yield f"{name}:{number}: {kind}; git log --all --find-object={name} names the commits"
            rest = rest[int(size) + 1 :]


def main(words: Sequence[str] = ()) -> int:
    """Print what was found; return 1 if anything was, 2 on a usage error or for a clone without its history."""
    if list(words) not in ([], ["--history"]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        lines = list(scan_history() if words else scan(known_files()))
    except LookupError as error:
        print(f"{error}. Nothing was scanned.", file=sys.stderr)
        return 2
    print(*lines, sep="\n", end="\n" if lines else "")
    if lines:
        print(
            "Revoke each real credential first: it is in git's history too. An example's password begins with invented."
        )
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
