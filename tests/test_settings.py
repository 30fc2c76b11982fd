"""What an operator sets is taken from where he set it, or refused by name."""

import os
import subprocess
import sys
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.settings import Settings, WrongSetting, read_settings

KEY = "k" * 32


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def described(name):
    return next(setting for setting in read_settings().described() if setting.name == f"DAILY_DOSE_{name}")


def refusal():
    with pytest.raises(WrongSetting) as caught:
        read_settings()
    return str(caught.value)


def test_a_machine_without_settings_has_defaults_that_run():
    settings = read_settings()

    assert settings.home == Path("var")
    assert settings.database_url == "sqlite:///var/daily-dose.db"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.smtp_url == "outbox:"
    assert settings.max_late == timedelta(hours=12)
    assert {setting.origin for setting in settings.described()} == {"default"}


def test_the_environment_wins_over_the_file(folder, monkeypatch):
    (folder / "daily-dose.toml").write_text('PORT = 8100\nLOG_LEVEL = "debug"\n')
    monkeypatch.setenv("DAILY_DOSE_PORT", "8200")

    settings = read_settings()

    assert (settings.port, settings.log_level) == (8200, "debug")
    assert described("PORT") == ("DAILY_DOSE_PORT", "8200", "environment")
    assert described("LOG_LEVEL") == ("DAILY_DOSE_LOG_LEVEL", "debug", "daily-dose.toml")


@pytest.mark.parametrize("written", ["PORT", "port", "DAILY_DOSE_PORT"])
def test_a_name_in_the_file_may_leave_out_prefix_and_capitals(folder, written):
    (folder / "daily-dose.toml").write_text(f"{written} = 8100\n")

    assert read_settings().port == 8100


def test_one_setting_under_two_spellings_is_refused(folder):
    (folder / "daily-dose.toml").write_text("PORT = 8100\nport = 8200\n")

    assert refusal() == "DAILY_DOSE_PORT is given twice in one place: keep one"


def test_a_list_in_the_file_says_what_commas_say(folder, monkeypatch):
    networks = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
    (folder / "daily-dose.toml").write_text('TRUSTED_PROXIES = ["127.0.0.1", "10.0.0.0/8"]\n')
    assert read_settings().trusted_proxies == networks

    monkeypatch.setenv("DAILY_DOSE_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8")
    assert read_settings().trusted_proxies == networks


def test_an_empty_value_counts_as_not_set(monkeypatch):
    monkeypatch.setenv("DAILY_DOSE_PORT", "")

    assert described("PORT") == ("DAILY_DOSE_PORT", "8000", "default")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME", "a-file"),
        ("DATABASE_URL", "mysql://localhost/dose"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "dose.db"),
        ("HOST", "not a host"),
        ("PORT", "eight"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("BASE_URL", "news.example.org"),
        ("BASE_URL", "https://news.example.org/daily"),
        ("BASE_URL", "https://news.example.org?x=1"),
        ("BASE_URL", "ftp://news.example.org"),
        ("BASE_URL", "https://news.example.org:99999"),
        ("TRUSTED_PROXIES", "anyone"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("SMTP_URL", "outbox:elsewhere"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "mail.example.org:25"),
        ("SMTP_URL", "smtp://mail.example.org/path"),
        ("FROM", "Daily Dose"),
        ("FROM", "one@example.org, two@example.org"),
        ("FROM", "Dose\u2028 <news@example.org>"),
        ("FROM", "=?utf-8?q?=0A?= <news@example.org>"),
        ("FROM", "Dose <zeitung@münchen.example>"),
        ("REPLY_TO", "nobody"),
        ("POSTAL_ADDRESS", "two\nlines"),
        ("CONTACT", "the editors"),
        ("CONTACT", "https://"),
        ("RIGHTS", "CC\x07BY"),
        ("SECRET_KEY_FILE", "no-such-file"),
        ("MAX_LATE", "12"),
        ("MAX_LATE", "soon"),
        ("MAX_LATE", "31d"),
        ("MAX_LATE", "12:00:00"),
        ("TICK_SECONDS", "0"),
        ("TICK_SECONDS", "nan"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(folder, monkeypatch, name, value):
    (folder / "a-file").touch()
    monkeypatch.setenv(f"DAILY_DOSE_{name}", value)

    message = refusal()

    field = "from_address" if name == "FROM" else name.lower()
    allowed = Settings.model_fields[field].description
    assert message == f"DAILY_DOSE_{name} (environment) is {value!r}; allowed: {allowed}"
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://dose:secret@db.example.org:5432/dose"),
        ("DATABASE_URL", "postgresql+psycopg://postgres@/dose?host=/run/postgresql"),
        ("HOST", "::1"),
        ("BASE_URL", "https://news.example.org"),
        ("BASE_URL", "http://[::1]:8000"),
        ("SMTP_URL", "smtps://mail.example.org"),
        ("SMTP_URL", "smtp+starttls://user:p%40ss@mail.example.org:587"),
        ("FROM", "Editors of the “Dose” <news@example.org>"),
        ("FROM", "news@example.org"),
        ("CONTACT", "errors@example.org"),
        ("CONTACT", "https://example.org/errors"),
        ("RIGHTS", "CC BY 4.0 · می\u200cشود"),
    ],
)
def test_a_right_value_is_taken_as_it_stands(monkeypatch, name, value):
    monkeypatch.setenv(f"DAILY_DOSE_{name}", value)

    assert getattr(read_settings(), "from_address" if name == "FROM" else name.lower()) == value


def test_every_wrong_setting_is_told_at_once(folder, monkeypatch):
    (folder / "daily-dose.toml").write_text("HOST = '!'\nPROT = 1\n")
    monkeypatch.setenv("DAILY_DOSE_PORT", "eight")
    monkeypatch.setenv("DAILY_DOSE_XYZZY", "")

    with pytest.raises(WrongSetting) as caught:
        read_settings()

    prot, xyzzy, host, port = caught.value.problems
    assert host.startswith("DAILY_DOSE_HOST (daily-dose.toml) is '!'; allowed: an IP address")
    assert port == "DAILY_DOSE_PORT (environment) is 'eight'; allowed: a whole number from 1 to 65535"
    assert xyzzy.startswith("DAILY_DOSE_XYZZY (environment) is not a setting; there are HOME, DATABASE_URL, ")
    assert prot == "DAILY_DOSE_PROT (daily-dose.toml) is not a setting; the nearest is DAILY_DOSE_PORT"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PORT = ", "daily-dose.toml:1: not TOML: invalid value"),
        (b"HOST = 'x'\nPORT 8000\n", "daily-dose.toml:2: not TOML: expected '=' after a key in a key/value pair"),
        (b"[a.b]\n[a.b]\n", "daily-dose.toml:2: not TOML: cannot declare 'a.b' twice"),
        (b"HOST = 'x'\n# \xff", "daily-dose.toml:2: expected text in UTF-8, got the byte 0xff: save it as UTF-8"),
        (b"HOST = " + b"[" * 100_000, "daily-dose.toml: not TOML that could be read: brackets within brackets"),
    ],
)
def test_a_broken_file_is_refused_with_its_line_and_why(folder, content, message):
    (folder / "daily-dose.toml").write_bytes(content)

    assert refusal().startswith(message)


def test_a_file_may_begin_with_a_byte_order_mark(folder):
    (folder / "daily-dose.toml").write_text("PORT = 8100\n", encoding="utf-8-sig")

    assert read_settings().port == 8100


def test_a_file_that_is_a_folder_is_refused_by_name(folder):
    (folder / "daily-dose.toml").mkdir()

    assert refusal() == "daily-dose.toml cannot be read: Is a directory"


@pytest.mark.parametrize(
    ("name", "secret", "value"),
    [
        ("DATABASE_URL", "hunter2", "postgresql://dose:hunter2@localhost/dose"),
        ("DATABASE_URL", "hunter2", "postgresql://localhost/dose?user=dose&password=hunter2"),
        ("SMTP_URL", "hunter2", "smtp://hunter2@mail.example.org"),
        ("SMTP_URL", "hun/t@er2", "smtp://dose:hun/t@er2@mail.example.org"),
        ("SMTP_URL", "hunter2", "dose:hunter2@mail.example.org"),
        ("DATABASE_URL", "hunter2", "mysql://dose:hunter2@localhost/dose"),
        ("SECRET_KEY", "hunter2", "hunter2"),
        ("SECRET_KEY", "hunter2", "hunter2" * 5),
    ],
)
def test_no_secret_is_ever_told(monkeypatch, name, secret, value):
    """Neither by `check`, nor by the refusal of a wrong value, nor by the settings' own text."""
    monkeypatch.setenv(f"DAILY_DOSE_{name}", value)

    try:
        settings = read_settings()
    except WrongSetting as error:
        told = f"{error!r} {error.__cause__!r}"
    else:
        told = str(settings.described())
    assert "(hidden)" in told
    assert secret not in told


def test_the_secret_key_may_stand_in_a_file(folder, monkeypatch):
    (folder / "key").write_text(f"{KEY}\n")
    monkeypatch.setenv("DAILY_DOSE_SECRET_KEY_FILE", "key")

    settings = read_settings()

    assert settings.secret_key is not None
    assert settings.secret_key.get_secret_value() == KEY


def test_a_secret_key_in_both_places_is_refused(folder, monkeypatch):
    (folder / "key").write_text(KEY)
    monkeypatch.setenv("DAILY_DOSE_SECRET_KEY_FILE", "key")
    monkeypatch.setenv("DAILY_DOSE_SECRET_KEY", KEY)

    assert "not in both" in refusal()


def test_a_short_secret_key_in_a_file_is_refused(folder, monkeypatch):
    (folder / "key").write_text("short")
    monkeypatch.setenv("DAILY_DOSE_SECRET_KEY_FILE", "key")

    assert "at least 32 characters" in refusal()


def test_the_address_readers_see_follows_host_and_port(monkeypatch):
    for host, address in {
        "0.0.0.0": "http://localhost:8100",
        "::": "http://localhost:8100",
        "::1": "http://[::1]:8100",
        "dose.example.org": "http://dose.example.org:8100",
    }.items():
        assert Settings(host=host, port=8100).base_url == address

    monkeypatch.setenv("DAILY_DOSE_BASE_URL", "https://dose.example.org/")
    assert read_settings().base_url == "https://dose.example.org"


def test_the_database_follows_the_home(folder):
    assert Settings(home=folder).database_url == f"sqlite:///{folder}/daily-dose.db"


@given(st.integers(min_value=0, max_value=30), st.sampled_from("dhms"))
def test_a_duration_is_described_as_it_could_be_written(number, unit):
    written = f"{number}{unit}"
    unit_of = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAILY_DOSE_MAX_LATE", written)
        late = read_settings().max_late
        assert late == timedelta(**{unit_of[unit]: number})

        patch.setenv("DAILY_DOSE_MAX_LATE", described("MAX_LATE").value)
        assert read_settings().max_late == late


def test_what_is_described_can_be_set_again(monkeypatch):
    """Every value that hides nothing is listed as it would be written."""
    monkeypatch.setenv("DAILY_DOSE_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")
    monkeypatch.setenv("DAILY_DOSE_TICK_SECONDS", "0.5")
    settings = read_settings()

    for name, value, _ in settings.described():
        monkeypatch.setenv(name, value)

    assert read_settings() == settings


def test_reading_the_settings_takes_little_of_a_command_s_start():
    """The processor's time counts, not the clock's, which a busy machine stretches."""
    program = "import time; from newsletter.settings import read_settings; read_settings(); print(time.process_time())"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert float(ran.stdout) < 1
