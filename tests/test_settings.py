"""Settings: trimmed, refused at start with name and reason where they can't be right, and no misspelt one unseen."""

import pytest
from structlog.testing import capture_logs

from tis_esr.reading_settings import load, unknown_variables
from tis_esr.settings import BadSettingsError


@pytest.fixture(autouse=True)
def empty_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", "  {} ", "\t{}"])
def test_blanks_and_line_ends_around_a_value_are_left_out(
    around: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIS_ESR_TCS_TOKEN", around.format("an-invented-token"))
    monkeypatch.setenv("TIS_ESR_HTTP_PORT", around.format("8081"))
    monkeypatch.setenv("TIS_ESR_ENGINE", around.format("production"))
    settings = load()
    assert settings.tcs_token is not None
    assert settings.tcs_token.get_secret_value() == "an-invented-token"
    assert (settings.http_port, settings.engine) == (8081, "production")


MONGODB = "mongodb://user:invented-Pa55word@host/?"
AMQP = "amqp://user:invented-Pa55word@host/?"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"tcs_token_url": "https://login.invented/token", "tcs_client_secret": "invented-Pa55word"},
            "setting tcs_client_id (TIS_ESR_TCS_CLIENT_ID or tcs_client_id in tis-esr.toml): is missing;"
            " tcs_token_url, tcs_client_id, tcs_client_secret go together",
        ),
        (
            {"tcs_token_url": "login.invented/token", "tcs_client_id": "us", "tcs_client_secret": "x"},
            "setting tcs_token_url (TIS_ESR_TCS_TOKEN_URL or tcs_token_url in tis-esr.toml): doesn't begin with"
            " http:// or https:// and a host",
        ),
        (
            {"window_opens_days": "14", "window_closes_weeks": "2"},
            "setting window_opens_days (TIS_ESR_WINDOW_OPENS_DAYS or window_opens_days in tis-esr.toml): 14 days are"
            " not before the end of the window (2 weeks), so nothing would ever be sent",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused_with_the_reason(
    given: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"TIS_ESR_{name.upper()}", value)
    with pytest.raises(BadSettingsError) as caught:
        load()
    assert caught.value.problems == [problem]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("s3_access_key_id", "in\nvented-Pa55word", "contains a line end"),
        ("tcs_client_secret", "invented-Pa55word\x1b[2J", "contains a line end"),
        ("sftp_password", " \n", "is empty"),
        ("mongodb_database", "", "is empty"),
        (
            "applicants_cron",
            "0 14 * *",
            "'0 14 * *' is not a valid cron expression (it must have 5 fields, not 4)",
        ),
        ("notifications_cron", "0 14 30 2 *", "is not a valid cron expression"),
        (
            "mongodb_url",
            f"{MONGODB}readPreference=secondaryPreferred",
            "must be primary: a secondary may lack",
        ),
        ("mongodb_url", f"{MONGODB}replicaSet=rs0&W=1", "the option W=1 must be majority"),
        ("mongodb_url", f"{MONGODB}journal=false", "the option journal=false must be true"),
        ("mongodb_url", f"{MONGODB}readConcernLevel=local", "may be rolled back"),
        (
            "mongodb_url",
            f"{MONGODB}socketTimeoutMS=60001",
            "the option socketTimeoutMS=60001 must be between 1 and 60000 milliseconds: a server that no longer answers",
        ),
        ("mongodb_url", f"{MONGODB}sockettimeoutms=0", "must be between 1 and 60000 milliseconds"),
        ("mongodb_url", f"{MONGODB}timeoutMS=120000", "must be between 1 and 60000 milliseconds"),
        ("mongodb_url", f"{MONGODB}serverSelectionTimeoutMS=30000", "between 1 and 5000 milliseconds"),
        ("mongodb_url", f"{MONGODB}connectTimeoutMS=soon", "between 1 and 5000 milliseconds"),
        ("amqp_url", f"{AMQP}heartbeat=0", "a lost connection is never noticed"),
        ("amqp_url", f"{AMQP}heartbeat=121", "the option heartbeat must be between 1 and 120 seconds"),
        ("sweep_seconds", "inf", "should be less than or equal to 3600"),
        ("http_port", "eighty", "should be a valid integer"),
    ],
)
def test_a_value_that_can_not_be_right_is_refused_with_its_setting_and_the_reason(
    name: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"TIS_ESR_{name.upper()}", value)
    with pytest.raises(BadSettingsError) as caught:
        load()
    [problem] = caught.value.problems
    assert problem.startswith(f"setting {name} (TIS_ESR_{name.upper()} or {name} in tis-esr.toml): ")
    assert reason in problem
    assert "Pa55word" not in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mongodb_url", "mongodb://host/?replicaSet=rs0&readPreference=primary&w=majority&tlsCAFile=/ca.pem"),
        ("mongodb_url", "mongodb://host/?socketTimeoutMS=60000&serverSelectionTimeoutMS=1&timeoutMS=30000"),
        ("amqp_url", "amqps://host/esr?heartbeat=20"),
        ("inbound", ""),
    ],
)
def test_what_is_right_is_taken(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"TIS_ESR_{name.upper()}", value)
    load()


def test_a_variable_that_is_no_setting_is_named_with_the_nearest_one() -> None:
    names = ["TIS_ESR_TCS_ULR", "TIS_ESR_QQQ", "TIS_ESR_STATE", "tis_esr_inbound", "PATH"]
    assert unknown_variables(names) == [
        "TIS_ESR_QQQ is not a setting and is ignored",
        "TIS_ESR_TCS_ULR is not a setting and is ignored; did you mean TIS_ESR_TCS_URL?",
    ]


def test_what_kubernetes_sets_for_a_service_of_our_name_is_no_finding() -> None:
    names = [
        "TIS_ESR_SERVICE_HOST",
        "TIS_ESR_SERVICE_PORT_HTTP",
        "TIS_ESR_PORT",
        "TIS_ESR_PORT_8080_TCP_ADDR",
    ]
    assert unknown_variables(names) == []


def test_loading_warns_of_a_variable_that_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIS_ESR_OUTBUOND", "somewhere")
    with capture_logs() as logs:
        load()
    problems = [line["problem"] for line in logs if line["event"] == "unknown_setting"]
    assert "TIS_ESR_OUTBUOND is not a setting and is ignored; did you mean TIS_ESR_OUTBOUND?" in problems


def test_a_key_of_the_file_that_is_no_setting_is_refused_with_the_nearest_one(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("toml")
    (folder / "tis-esr.toml").write_text("tcs_ulr = 'http://host/tcs'\n")
    monkeypatch.chdir(folder)
    with pytest.raises(BadSettingsError, match=r"is not a setting; did you mean TIS_ESR_TCS_URL\?"):
        load()
