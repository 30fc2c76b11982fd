"""
What an operator can set: `DAILY_DOSE_*` in the environment, or the same names in `daily-dose.toml`.

The environment wins over the file, the file over the defaults. An empty value counts as not set. A value is
text wherever it stands, so `PORT = 8000` and `PORT = "8000"` in the file say what `DAILY_DOSE_PORT=8000` says;
a list in the file says what a list with commas says. Names in the file may leave the prefix out, and capitals
make no difference.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, SettingsConfigDict
from pydantic_settings.sources import PydanticBaseSettingsSource

from newsletter.crashing import POINTS
from newsletter.errors import NewsletterError
from newsletter.settings.values import (
    BaseUrl,
    Contact,
    Crash,
    DatabaseUrl,
    DkimKeys,
    Domain,
    DomainRates,
    Duration,
    Folder,
    Host,
    ImapUrl,
    Line,
    Lower,
    Mailbox,
    Networks,
    SendRate,
    SmtpUrl,
    WebUrl,
    duration_text,
)
from newsletter.toml import InvalidToml, toml_table

PREFIX = "DAILY_DOSE_"
FILE = Path("daily-dose.toml")

Origin = Literal["default", "environment", "daily-dose.toml"]

_DURATION = "a number and a unit, such as {}, at least 1s"
_POINTS = ", ".join(POINTS)
_RATE = "1000/h, 20/s or 50000/d"
_SHORTEST_KEY = 32
_LONGEST_SHOWN = 80
_HIDDEN = "(hidden)"


class WrongSetting(NewsletterError):
    """One setting or several cannot be used; every one is named."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        #: One line each: the setting's name, its value (secrets hidden), what is allowed.
        self.problems = problems


class Setting(NamedTuple):
    """A setting as `check` lists it: *value* as it would be written, with what is secret hidden."""

    name: str
    value: str
    origin: Origin


def _default_database(given: dict[str, Any]) -> str:
    return f"sqlite:///{given['home'] / 'daily-dose.db'}"


def _default_base_url(given: dict[str, Any]) -> str:
    host = given["host"]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 -- compared, not bound: an address to listen on is none to visit
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{given['port']}"


def _default_witness(given: dict[str, Any]) -> Path:
    home: Path = given["home"]
    return home / "witness"


class Settings(BaseSettings):
    """
    Every setting, right or refused; a field's description says what is allowed.

    `Settings()` reads the environment and the file; tests may give values by name, which win over both. Call
    `read_settings`, whose errors are for people.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, populate_by_name=True, validate_default=True)

    home: Folder = Field(default=Path("var"), description="a folder for the database, the outbox and the keys")
    database_url: DatabaseUrl = Field(
        default_factory=_default_database,
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
    )
    host: Host = Field(
        default="127.0.0.1", description="an IP address or host name to listen on, such as 127.0.0.1 or 0.0.0.0"
    )
    port: int = Field(default=8000, ge=1, le=65535, description="a whole number from 1 to 65535")
    base_url: BaseUrl = Field(
        default_factory=_default_base_url,
        description="the site's address as readers see it, such as https://news.example.org, without a path",
    )
    trusted_proxies: Networks = Field(
        default=(), description="IP addresses or networks with commas between, such as 127.0.0.1, 10.0.0.0/8"
    )
    smtp_url: SmtpUrl = Field(
        default="outbox:", description="outbox: or smtp://, smtps:// or smtp+starttls://USER:PASSWORD@HOST:PORT"
    )
    from_address: Mailbox = Field(
        default="Daily Dose <daily-dose@localhost>",
        alias="from",
        description="one mail address, such as Daily Dose <news@example.org>",
    )
    reply_to: Mailbox | None = Field(default=None, description="one mail address, such as Editors <desk@example.org>")
    postal_address: Line = Field(default="", description="one line of text: the sender's postal address")
    contact: Contact | None = Field(
        default=None, description="a mail address or a web address at which readers report errors"
    )
    smtp_connections: int = Field(default=8, ge=1, le=64, description="a whole number from 1 to 64")
    smtp_window: int = Field(default=10, ge=1, le=100, description="a whole number from 1 to 100")
    send_rate: SendRate | None = Field(default=None, description=f"messages in a time, such as {_RATE}")
    domain_rates: DomainRates = Field(
        default=(), description="rates of domains with commas between, such as gmail.com=500/h, outlook.com=10/m"
    )
    warm_up: int | None = Field(
        default=None, ge=1, description="a whole number: the most messages on the first day, twice as many on each next"
    )
    bounce_domain: Domain | None = Field(
        default=None, description="a domain such as bounce.example.org, whose mail comes back to us"
    )
    dkim_keys: DkimKeys = Field(
        default=(), description="selectors and readable files of private keys, such as 2026a=rsa.pem, 2026b=ed25519.pem"
    )
    on_unknown: Annotated[Literal["resend", "never"], Lower] = Field(default="resend", description="resend or never")
    unknown_after: Duration = Field(
        default=timedelta(minutes=15), ge=timedelta(seconds=1), description=_DURATION.format("15m")
    )
    retry_after: Duration = Field(
        default=timedelta(minutes=5), ge=timedelta(seconds=1), description=_DURATION.format("5m")
    )
    lease: Duration = Field(default=timedelta(minutes=2), ge=timedelta(seconds=1), description=_DURATION.format("2m"))
    reply_timeout: Duration = Field(
        default=timedelta(minutes=5), ge=timedelta(seconds=1), description=_DURATION.format("5m")
    )
    dot_timeout: Duration = Field(
        default=timedelta(minutes=10), ge=timedelta(seconds=1), description=_DURATION.format("10m")
    )
    witness: Path = Field(
        default_factory=_default_witness, description="a file outside the database, on a disk that no restore sets back"
    )
    alive_url: WebUrl | None = Field(
        default=None, description="a web address that is called after each published day, such as https://hc.example/id"
    )
    hub_url: WebUrl | None = Field(
        default=None,
        description="the web address of a WebSub hub that is told of changed feeds, such as https://hub.example",
    )
    imap_url: ImapUrl | None = Field(
        default=None, description="imaps://USER:PASSWORD@HOST:PORT/FOLDER, the mailbox where bounces arrive"
    )
    retention_days: int = Field(default=90, ge=0, le=36500, description="a whole number of days; 0 keeps for ever")
    rights: Line = Field(default="", description="one line of text: the licence of feeds and pages")
    secret_key_file: Path | None = Field(
        default=None, description=f"a file that holds the secret key, at least {_SHORTEST_KEY} characters"
    )
    secret_key: SecretStr | None = Field(
        default=None,
        description=f"at least {_SHORTEST_KEY} characters, given here or in the file of SECRET_KEY_FILE, not in both",
    )
    metrics_token: SecretStr | None = Field(
        default=None, min_length=16, description="at least 16 characters: who has it may read /metrics from elsewhere"
    )
    max_late: Duration = Field(
        default=timedelta(hours=12),
        ge=timedelta(0),
        le=timedelta(days=30),
        description="a number and a unit, such as 12h, 30m, 90s or 2d, up to 30d",
    )
    tick_seconds: float = Field(default=30, ge=0.05, le=60, description="a number of seconds from 0.05 to 60")
    crash: Crash | None = Field(
        default=None,
        description=f"for tests: a point and a number, such as after_mark:3; points are {_POINTS}",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Lower] = Field(
        default="info", description="debug, info, warning or error"
    )
    log_format: Annotated[Literal["text", "json"], Lower] = Field(default="text", description="text or json")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what a caller gives, then the environment, then the file; the earlier win."""
        del env_settings, dotenv_settings, file_secret_settings  # ours keep a value's text, and names unknown
        return (
            init_settings,
            InitSettingsSource(settings_cls, dict(_environment())),
            InitSettingsSource(settings_cls, dict(_file())),
        )

    @field_validator("secret_key_file")
    @classmethod
    def _holds_a_key(cls, file: Path | None) -> Path | None:
        if file is not None:
            _long_enough(_key_in(file))
        return file

    @field_validator("secret_key")
    @classmethod
    def _from_one_place(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        file = info.data.get("secret_key_file")
        if file is not None and key is not None:
            raise ValueError("given twice")
        return _key_in(file) if file is not None else key and _long_enough(key)

    def described(self) -> list[Setting]:
        """List every setting in the order above: its name, its value as text, and where that comes from now."""
        given = _given()
        return [
            Setting(PREFIX + name, _written(getattr(self, field)), given[key][1] if key in given else "default")
            for name, (field, key) in _names().items()
        ]


def read_settings() -> Settings:
    """Return what the environment and the working folder's `daily-dose.toml` set; raise `WrongSetting`."""
    try:
        return Settings()
    except ValidationError as error:
        # A default that needs a wrong value is none of the operator's; one value may be wrong in several ways.
        wrong = {str(one["loc"][0]): one for one in error.errors() if one["type"] != "default_factory_not_called"}
        raise WrongSetting([_problem(*one) for one in sorted(wrong.items())]) from None  # a cause tells the secrets


# Where values stand.


def _names() -> dict[str, tuple[str, str]]:
    """Map the name of each setting, without the prefix, to its field and the key that pydantic takes it by."""
    return {
        (info.alias or field).upper(): (field, info.alias or field) for field, info in Settings.model_fields.items()
    }


def _environment() -> Mapping[str, str]:
    return _by_key((name, value) for name, value in os.environ.items() if name.upper().startswith(PREFIX))


def _file() -> Mapping[str, str]:
    try:
        table = toml_table(FILE.read_bytes())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WrongSetting([f"{FILE} cannot be read: {error.strerror}"]) from error
    except InvalidToml as error:
        place = f"{FILE}:{error.line}" if error.line else f"{FILE}"
        raise WrongSetting([f"{place}: {error}"]) from error
    return _by_key((name, _text(value)) for name, value in table.items())


def _given() -> dict[str, tuple[str, Origin]]:
    """Map the key of each setting that is set somewhere to its text and where that stands."""
    given: dict[str, tuple[str, Origin]] = {key: (text, "daily-dose.toml") for key, text in _file().items()}
    return given | {key: (text, "environment") for key, text in _environment().items()}


def _by_key(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Sort texts by pydantic's key; a name that is no setting's stays in capitals, which no key is."""
    names = _names()
    texts: dict[str, str] = {}
    for written, value in given:
        name = written.upper().removeprefix(PREFIX)
        key = names[name][1] if name in names else name
        if key in texts:
            raise WrongSetting([f"{PREFIX}{name} is given twice in one place: keep one"])
        if value or name not in names:
            texts[key] = value
    return texts


def _text(value: object) -> str:
    """Return a value of the file as the text that would stand in the environment."""
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _key_in(file: Path) -> SecretStr:
    try:
        return SecretStr(file.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise ValueError("cannot be read") from error


def _long_enough(key: SecretStr) -> SecretStr:
    if len(key.get_secret_value()) < _SHORTEST_KEY:
        raise ValueError("too short")
    return key


# How they are told.


def _problem(key: str, error: ErrorDetails) -> str:
    """Say in one line what is wrong with the setting of *key*."""
    text, origin = _given().get(key, (str(error["input"]), "default"))
    name = f"{PREFIX}{key.upper()}"
    if error["type"] == "extra_forbidden":
        return f"{name} ({origin}) is not a setting{_nearest(key)}"
    field = next(field for field, known in _names().values() if known == key)
    shown = _HIDDEN if field in ("secret_key", "metrics_token") else repr(_masked(text)[:_LONGEST_SHOWN])
    return f"{name} ({origin}) is {shown}; allowed: {Settings.model_fields[field].description}"


def _nearest(name: str) -> str:
    near = get_close_matches(name, _names(), n=1)
    return f"; the nearest is {PREFIX}{near[0]}" if near else f"; there are {', '.join(_names())}"


def _written(value: object) -> str:
    """Return *value* as it would be written in the environment, with what is secret hidden."""
    match value:
        case None:
            return ""
        case SecretStr():
            return _HIDDEN
        case timedelta():
            return duration_text(value)
        case tuple():
            return ", ".join(map(str, value))
        case float():
            return f"{value:g}"
    return _masked(str(value))


def _masked(text: str) -> str:
    """Hide user and password in an address, also in one written wrongly: whatever stands before its last @."""
    if "//" in text:
        text = re.sub(r"//.*@", f"//{_HIDDEN}@", text, flags=re.DOTALL)
    else:
        text = re.sub(r"^.*:.*@", f"{_HIDDEN}@", text, flags=re.DOTALL)
    return re.sub(r"(?i)(password|passwd|secret|token)=[^&]*", rf"\1={_HIDDEN}", text)
