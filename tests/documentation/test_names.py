"""What pages name is there: settings, metrics, queues, log events, states, exit codes, files of the project."""

import re
from enum import Enum
from pathlib import Path

import pytest
from docgen import metrics_page
from tests.documentation.pages import PAGES, ROOT, name_of

from tis_esr.engine.production.rabbitmq.topology import DEAD, queues
from tis_esr.engine.row_accounting import RowState
from tis_esr.errors import Exit
from tis_esr.services.data_exporter.outbound import OutboundState, RecordState
from tis_esr.services.flow import SERVICES, bindings_only
from tis_esr.services.inbound_data_reader.file_ledger import FileState
from tis_esr.services.inbound_data_writer.person_journal import Outcome
from tis_esr.settings import Settings

SETTINGS = {f"TIS_ESR_{name.upper()}" for name in Settings.model_fields}
OF_TESTS = {"TIS_ESR_TEST_AMQP_URL", "TIS_ESR_TEST_MONGODB_URL"}
METRICS = set(re.findall(r"`(tis_esr_\w+)`", metrics_page.page()))
QUEUES = {queue.name for queue in queues(bindings_only())} | {DEAD}
SOURCES = "\n".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.py")))
HISTORY = ROOT / "CHANGELOG.md"
CURRENT = [page for page in PAGES if page != HISTORY]


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_a_setting_that_a_page_names_is_one(page: Path) -> None:
    named = set(re.findall(r"\bTIS_ESR_[A-Z0-9_]*[A-Z0-9]\b", page.read_text()))
    assert named - SETTINGS - OF_TESTS == set()


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_a_metric_that_a_page_names_is_one(page: Path) -> None:
    named = set(re.findall(r"\btis_esr_[a-z_]*[a-z]\b", page.read_text()))
    assert named - METRICS <= {"tis_esr"}


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_a_queue_that_a_page_names_is_one(page: Path) -> None:
    named = set(re.findall(r"\besr\.queue\.[a-z.]*[a-z]\b(?![{.])", page.read_text()))
    shared = {queue.rpartition(".")[0] for queue in QUEUES}
    assert named - QUEUES - shared - {"esr.queue", "esr.queue.unreadable"} == set()


@pytest.mark.parametrize("page", CURRENT, ids=name_of)
def test_a_file_of_the_project_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`((?:src|tests|docs|bench|docgen|records|decisions|services|engine|operations|process|commands|files|web|tcs|simulation)/[\w./-]+)`", page.read_text())  # fmt: skip
    missing = [
        name
        for name in named
        if not any((folder / name).exists() for folder in (ROOT, ROOT / "src" / "tis_esr"))
    ]
    assert missing == []


def test_every_event_of_the_log_that_is_explained_is_logged() -> None:
    page = (ROOT / "docs" / "how-to" / "monitor.md").read_text()
    table = page.split("| event | meaning |")[1]
    events = {event for line in table.splitlines() for event in re.findall(r"`([a-z_. ]+)`", line[: line.find(" |", 2)])}  # fmt: skip
    assert len(events) > 15
    unlogged = [event for event in events if f'"{event}"' not in SOURCES]
    assert unlogged == []


@pytest.mark.parametrize("states", [RowState, FileState, RecordState, OutboundState, Outcome])
def test_every_state_is_explained(states: type[Enum]) -> None:
    page = (ROOT / "docs" / "reference" / "states.md").read_text()
    assert [state.value for state in states if f"`{state.value}`" not in page] == []


def test_every_exit_code_is_explained() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text()
    assert re.findall(r"^\| (\d+) \|", page, re.MULTILINE) == [str(code.value) for code in Exit]


def test_every_service_is_in_the_picture() -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "explanation" / "architecture.md"):
        assert [service for service in SERVICES if service not in page.read_text()] == []
