"""
`daily-dose run` with a real Postfix behind it: an issue comes to mailboxes in three time zones, each at its morning.

The process lives through the day on a host that sleeps between the mornings, as a closed laptop does; it wakes a
few minutes before each, and real time passes over the instant itself. Postfix and Dovecot know only the real time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dkim_keys import key
from live_newsroom import DAY, HOUR, PATIENCE, LiveNewsroom, until
from provider import BOUNCES, PROVED, Fetched, published, too_high
from servers.dovecot import Dovecot
from servers.faketime import WallClock
from servers.name_server import NameServer
from servers.opendkim import OpenDkim
from servers.ports import free_port
from servers.postfix import Postfix
from servers.rspamd import Rspamd
from servers.spamassassin import SpamAssassin
from wording import words_of_html, words_of_text

from newsletter.delivery.dkim import Signer

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
#: How long after a reader's morning the mail may go: two ticks of the usual clock, which here ticks faster.
AT_ONCE = MINUTE
#: The edition's own morning, at which those who chose no hour have it.
EARLY, ZONE = time(6), "Asia/Tokyo"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """A reader, and the hour at which they want the mail; none: as soon as it is published."""

    name: str
    zone: str = ZONE
    hour: time | None = None

    @property
    def address(self) -> str:
        return f"{self.name}@example.net"

    def morning(self, day: date) -> datetime:
        """Return the instant of a day at which they want it, in UTC."""
        return datetime.combine(day, self.hour or EARLY, ZoneInfo(self.zone)).astimezone(UTC)


#: Any will do, but the same one every day.
ENTRY = "mumbai-under-attack-for-three-days-2008"
#: In the order of their mornings.
READERS = [
    Reader(name="prompt"),
    Reader(name="tokyo", hour=time(7)),
    Reader(name="london", zone="Europe/London", hour=time(6, 30)),
    Reader(name="new-york", zone="America/New_York", hour=time(6, 45)),
]


def newest_day() -> date:
    """Return the newest day whose last morning is past: a signature of the future is refused, an old mail is minded."""
    last, now = READERS[-1], datetime.now(UTC)
    today = now.astimezone(ZoneInfo(last.zone)).date()
    return today if last.morning(today) + HOUR / 4 < now else today - DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class Morning:
    """What was seen at a reader's: the names with mail just before it and soon after it, and the mail that came."""

    before: list[str]
    after: list[str]
    mail: Fetched


@pytest.fixture
def newsroom(tmp_path: Path, wall_clock: WallClock) -> Iterator[LiveNewsroom]:
    """Give a folder in which nothing was set up yet."""
    newsroom = LiveNewsroom(tmp_path, f"sqlite:///{tmp_path / 'daily-dose.db'}", wall_clock)
    yield newsroom
    newsroom.close()


def set_up(newsroom: LiveNewsroom, day: date, postfix: Postfix, keys: str) -> None:
    """Set up a service as an operator does: by settings and commands, in a folder of its own, on the day before."""
    newsroom.set(
        smtp_url=postfix.url,
        port=str(free_port()),
        base_url="https://dose.example.org",
        bounce_domain=BOUNCES,
        dkim_keys=keys,
        contact="editors@example.org",
        postal_address="Daily Dose, 1 Example Street, Example City",
        **{"from": "Daily Dose <dose@example.org>"},
    )
    newsroom.clock.show(READERS[0].morning(day) - 8 * HOUR)
    newsroom.command("init", "--since", str(day - DAY))
    newsroom.command("queue", "add", ENTRY)
    newsroom.command("editions", "set", "daily-dose", f"zone={ZONE}", f"time={EARLY:%H:%M}")
    prompt, *choosers = READERS
    newsroom.command("subscribers", "add", prompt.address, "--consent", "asked by letter")
    rows = [f"{reader.address},{reader.hour:%H:%M},{reader.zone}" for reader in choosers]
    newsroom.home.joinpath("readers.csv").write_text("\n".join(["address,hour,zone", *rows]), encoding="utf-8")
    newsroom.command("subscribers", "import", "readers.csv", "--consent", "asked at the fair")


def live_through(newsroom: LiveNewsroom, day: date, dovecot: Dovecot) -> dict[str, Morning]:
    """Let one process live through a day; return what was seen at each reader's morning."""

    def with_mail() -> list[str]:
        return [reader.name for reader in READERS if dovecot.fetched(reader.address, 0)]

    def sleep_until(instant: datetime) -> None:
        newsroom.sleep(instant - newsroom.clock.now(), part)

    def has_sent_to(reader: Reader) -> bool:
        return any((each.address, each.state) == (reader.address, "sent") for each in newsroom.deliveries())

    newsroom.clock.show(READERS[0].morning(day) - HOUR)
    part = newsroom.start_pausable("run")
    until(lambda: "Daily Dose runs at" in part.said() or not part.runs(), "a service that runs")
    assert part.runs(), part.said()
    mornings = {}
    for reader in READERS:
        sleep_until(reader.morning(day) - 5 * MINUTE)
        newsroom.await_ticks()
        before = with_mail()
        sleep_until(reader.morning(day) - SECOND)
        (mail,) = dovecot.fetched(reader.address, seconds=PATIENCE)
        fetched = Fetched(recipient=reader.address, mail=mail)
        mornings[reader.name] = Morning(before=before, after=with_mail(), mail=fetched)
        until(lambda reader=reader: has_sent_to(reader), "the record that it was sent")
    assert part.stop() == 0
    assert "fault" not in part.said()
    return mornings


def assert_each_came_at_its_own_morning(newsroom: LiveNewsroom, day: date, mornings: dict[str, Morning]) -> None:
    """By the ledger, which has the process's clock, by the mail's own date, and by what lay in whose mailbox when."""
    ledger = {each.address: each for each in newsroom.deliveries()}
    assert set(ledger) == {reader.address for reader in READERS}
    names = [reader.name for reader in READERS]
    for number, reader in enumerate(READERS):
        row, seen, due = ledger[reader.address], mornings[reader.name], reader.morning(day)
        assert (row.state, row.day) == ("sent", day)
        assert due <= row.due_at <= row.sent_at < due + AT_ONCE
        assert row.due_at == due or reader.hour is None, "the hour that was chosen; else when it was published"
        assert seen.mail.parsed["Date"].datetime == row.due_at.replace(microsecond=0)
        assert (seen.before, seen.after) == (names[:number], names[: number + 1])


def assert_each_is_proved_and_whole(mornings: dict[str, Morning], records: dict[str, str], opendkim: OpenDkim) -> None:
    """Both signatures are good and cover how to leave; text and HTML say the same."""
    for seen in mornings.values():
        mail = seen.mail
        assert mail.verified(records) == [True, True]
        assert opendkim.verifies(mail.mail, records)
        assert all({"list-unsubscribe", "list-unsubscribe-post"} <= signed for signed in mail.signed_headers)
        by_web, by_mail = mail.parsed["List-Unsubscribe"].split(", ")
        assert by_web.startswith("<https://dose.example.org/unsubscribe/")
        assert by_mail.startswith("<mailto:")
        assert mail.parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        text, html = mail.parsed.iter_parts()
        assert words_of_text(text.get_content()) == words_of_html(html.get_content())


def assert_no_filter_minds(day: date, mornings: dict[str, Morning], spamassassin: SpamAssassin, rspamd: Rspamd) -> None:
    """Shown as they came, with what the operator has to publish; by rspamd's clock they are a day old or more."""
    mails = [(mornings[reader.name].mail, reader.morning(day)) for reader in READERS]
    names = [reader.name for reader in READERS]
    assert not too_high(
        dict(zip(names, spamassassin.verdicts([mail.at_the_border(due) for mail, due in mails]), strict=True))
    )
    verdicts = [mail.verdict(rspamd, due) for mail, due in mails]
    assert not too_high(dict(zip(names, verdicts, strict=True)))
    assert all(verdict.rules.keys() >= PROVED for verdict in verdicts)


def test_an_issue_comes_to_mailboxes_in_three_time_zones_each_at_its_own_morning(
    newsroom: LiveNewsroom,
    exchange: Postfix,
    dovecot: Dovecot,
    opendkim: OpenDkim,
    spamassassin: SpamAssassin,
    rspamd: Rspamd,
    dns: NameServer,
):
    keys, day = [key(newsroom.home, "2026a", "rsa2048"), key(newsroom.home, "2026b", "ed25519")], newest_day()
    records = Signer(keys, "example.org").records()
    set_up(newsroom, day, exchange, ", ".join(map(str, keys)))

    mornings = live_through(newsroom, day, dovecot)

    assert_each_came_at_its_own_morning(newsroom, day, mornings)
    assert_each_is_proved_and_whole(mornings, records, opendkim)
    with published(dns, records):
        assert_no_filter_minds(day, mornings, spamassassin, rspamd)
