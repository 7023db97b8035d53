"""The scans of make lint: what each finds."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from supply_chain import ROOT, credentials, promises

# In two parts each, so that this file has none.
REAL = [
    ("private key", "-----BEGIN OPENSSH " + "PRIVATE KEY-----"),
    ("private key", "-----BEGIN " + "PRIVATE KEY-----"),
    ("PuTTY key", "PuTTY-User-" + "Key-File-3: ssh-ed25519"),
    ("AWS access key", "AKIA" + "Q3EGRIDMXK4WTZ7N"),
    ("GitHub token", "ghp_" + "a1B2c3D4e5" * 4),
    ("GitLab token", "glpat-" + "a1B2c3D4e5" * 2),
    ("Slack token", "xoxb-" + "1234567890-abcdef"),
    ("Slack webhook", "https://hooks.slack" + ".com/services/T0123ABCD/B0123ABCD/abc"),
    ("Teams webhook", "https://x.webhook.office" + ".com/webhookb2/0a1b2c3d-0000-1111-2222-333344445555@x"),
    ("Google key", "AIza" + "a1B2c3D4e5" * 3 + "f6G7h"),
    ("PyPI token", "pypi-" + "AgEIcHlwaS5vcmc" * 5),
    ("npm token", "npm_" + "a1B2c3" * 6),
    ("Azure storage key", "AccountKey=" + "a1B2c3D4" * 11 + "=="),
    ("JSON web token", "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + ".c2lnbmF0dXJlLi4u"),
    ("password in a URL", "amqps://tis-esr:" + "Xk7-pQ2v@rabbitmq.internal/tis-esr"),
    ("password in a URL", "amqp://u:${RABBITMQ_PASSWORD:-" + "Xk7-pQ2v}@rabbitmq"),
]


@pytest.mark.parametrize(("kind", "text"), REAL, ids=[f"{n} {kind}" for n, (kind, _) in enumerate(REAL)])
def test_a_credential_is_found_with_its_line_and_is_not_printed(kind: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.py"
    path.write_text(f"first\nvalue = '{text}'\n")
    assert list(credentials.scan([path])) == [f"{path}:2: {kind}"]


def test_every_format_has_a_test() -> None:
    assert {kind for kind, _ in REAL} == {*credentials.FORMATS, "password in a URL"}


@pytest.mark.parametrize(
    "text",
    [
        "amqp://guest:guest@127.0.0.1",
        "amqp://tis-esr:PASSWORD@host",
        "amqp://u:${RABBITMQ_PASSWORD:-invented-password}@rabbitmq",
        "mongodb://user:{SECRET}@host",
        "http://user:hush@collector:4318",
        "https://host.example/path:with@sign",
        "ssh-ed25519 AAAAC3Nza",
    ],
)
def test_an_example_is_no_credential(text: str) -> None:
    assert list(credentials.found(text)) == []


def test_make_lint_runs_both_scans() -> None:
    recipe = (ROOT / "Makefile").read_text().split("\nlint:")[1].split("\n\n")[0]
    assert "-m supply_chain.credentials" in recipe
    assert "-m supply_chain.promises" in recipe


def test_a_new_file_is_scanned_before_it_is_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "ROOT", tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "ignored").write_text("")
    (tmp_path / "new").write_text("")
    assert [path.name for path in credentials.known_files()] == [".gitignore", "new"]


def test_a_credential_that_was_removed_is_found_in_the_history(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        settings = ("-c", "user.name=invented", "-c", "user.email=invented@tis.example")
        done = subprocess.run(
            ["git", *settings, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "--quiet")
    path = tmp_path / "settings.py"
    path.write_text("first\n" + REAL[3][1])
    git("add", "settings.py")
    blob = git("rev-parse", ":settings.py")
    git("commit", "--quiet", "--message", "one")
    path.write_text("first\n")
    git("commit", "--quiet", "--all", "--message", "two")
    assert list(credentials.scan([path])) == []
    [line] = credentials.scan_history(tmp_path)
    assert line.startswith(f"{blob}:2: AWS access key; ")
    assert git("log", "--all", "--format=%s", f"--find-object={blob}").splitlines() == ["two", "one"]
    git("clone", "--quiet", "--depth=1", f"file://{tmp_path}", "shallow")
    with pytest.raises(LookupError, match="a part of the history"):
        list(credentials.scan_history(tmp_path / "shallow"))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("_log.info('x', who=person.surname)", "surname in a log, trace or metric"),
        ("_log.warning(f'{details.date_of_birth} is odd')", "date_of_birth in a log, trace or metric"),
        ("structlog.contextvars.bind_contextvars(email=value)", "email in a log, trace or metric"),
        ("log.error('x', email=value)", "email in a log, trace or metric"),
        ("_log.info('x', message=message.body)", "body in a log, trace or metric"),
        (
            "_log.info('x', key=settings.tcs_secret.get_secret_value())",
            "get_secret_value in a log, trace or metric",
        ),
        ("span.set_attribute('name', forenames)", "forenames in a log, trace or metric"),
        ("COUNTER.labels(person.post_code).inc()", "post_code in a log, trace or metric"),
        ("raise ValueError(f'{surname} has no number')", "surname in an error's text"),
        ("raise ValueError(f'wrong: {key.get_secret_value()}')", "get_secret_value in an error's text"),
        ("session.get(url, ssl=False)", "ssl is switched off"),
        ("httpx2.get(url, verify=False)", "verify is switched off"),
        ("context.check_hostname = False", "check_hostname is switched off"),
        ("context.verify_mode = ssl.CERT_NONE", "CERT_NONE: a connection without its checks"),
        ("path.write_text(rows)", "write_text writes a file that others may read: use private_files"),
        ("path.open('wb')", "open writes a file that others may read: use private_files"),
        ("open(path, mode='a')", "open writes a file that others may read: use private_files"),
        ("_log.info('x', id=person.id, lengths=len(row.body), fault=type(email).__name__)", None),
        ("raise ValueError(f'{position_id} has no post')", None),
        ("session.get(url, ssl=context)", None),
        ("path.open('rb'), path.open(), store.open(name)", None),
    ],
)
def test_a_broken_promise_is_found(source: str, said: str | None) -> None:
    assert [text for _, text in promises.breaches(ast.parse(source))] == ([said] if said else [])


def test_a_value_that_is_not_escaped_is_found_in_a_template(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        "<p>{{ reason }}</p>\n<p>{{ reason | safe }}</p>\n{% autoescape false %}\n"
    )
    found = list(promises.scan(tmp_path))
    assert [line.removeprefix(f"{tmp_path}/") for line in found] == [
        "page.html:2: a value that is not escaped",
        "page.html:3: a value that is not escaped",
    ]


def test_the_program_breaks_promises_only_where_an_exception_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exceptions = set(promises.EXCEPTIONS)
    monkeypatch.setattr(promises, "EXCEPTIONS", {})
    found = [re.fullmatch(r".*/src/tis_esr/(.+):\d+: (\w+).*", line) for line in promises.scan()]
    assert {(one[1], one[2]) for one in found if one} == exceptions


def test_everything_about_a_person_is_known_to_the_scan() -> None:
    assert {
        "surname",
        "legal_forenames",
        "national_insurance_number",
        "address1",
        "gender",
    } <= promises.PERSONAL
    assert {"id", "gmc_number", "position_id"} & promises.PERSONAL == set()
