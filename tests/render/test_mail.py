"""The mail: two parts saying the same, bytes that survive every mail server, headers that nobody else can write."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from functools import cache

import feed_samples
import pytest
import samples
from bs4 import BeautifulSoup
from golden_pages import LETTERS, SENT_AT, message
from hypothesis import given
from hypothesis import strategies as st

from newsletter import resources
from newsletter.models import Correction, Entry
from newsletter.render import headers, prose, words
from newsletter.render.mail import LARGEST, MailTooLarge, issue_mail
from newsletter.render.message import LEAVE, Letter, fill, freeze
from newsletter.shapes import entry_of
from newsletter.text import clean_line

WHOSE = samples.WHOSE
PAGE = samples.LINKS.issue(samples.TODAY)
TOKEN = "a" * 47
LETTER = Letter(subject="A subject", text="Text.\n", html="<p>Text.</p>\n")


def parsed(raw: bytes):
    return message_from_bytes(raw, policy=policy.default)


def frozen(letter: Letter = LETTER, **changes: object) -> bytes:
    given_ = {"uid": samples.ISSUE.uid, "page": PAGE, **WHOSE} | changes
    return freeze(letter, **given_)


def filled(raw: bytes) -> bytes:
    return fill(raw, to="reader@example.org", message_id="<1@dose.example.org>", date=SENT_AT, leave=TOKEN)


def words_of_text(text: str) -> list[str]:
    return words_in(re.sub(r"\[\d+\]|^> ?|^- |\*", " ", text, flags=re.MULTILINE))


def words_of_html(html: str) -> list[str]:
    soup = BeautifulSoup(html, "lxml")
    for tag in soup(["sup", "style", "title"]):
        tag.decompose()
    return words_in(soup.get_text(" "))


def words_in(text: str) -> list[str]:
    """Return the words of *text* without addresses, in one case: only wording is compared."""
    return re.findall(r"\w+", re.sub(r"https?://\S+", " ", text.lower()))


@cache
def parts(name: str) -> tuple[str, str]:
    text, html = parsed(message(name)).iter_parts()
    return text.get_content(), html.get_content()


@pytest.mark.parametrize("name", LETTERS)
def test_a_mail_has_a_text_and_an_html_part_that_say_the_same_words_in_the_same_order(name):
    whole = parsed(message(name))
    kinds = [part.get_content_type() for part in whole.iter_parts()]

    assert whole.get_content_type() == "multipart/alternative"
    assert kinds == ["text/plain", "text/html"]
    assert words_of_text(parts(name)[0]) == words_of_html(parts(name)[1])


@pytest.mark.parametrize("name", LETTERS)
def test_the_text_part_names_every_address_that_the_html_part_leads_to(name):
    text, html = parts(name)
    for link in BeautifulSoup(html, "lxml").select("a[href]"):
        address = link["href"].split("#")[0].removeprefix("mailto:")
        assert address in text


@pytest.mark.parametrize("name", LETTERS)
def test_the_content_note_comes_first_and_then_the_summary(name):
    issue, _ = LETTERS[name]
    told = prose.summary(replace(issue.entry, content_note=None), 140)
    note = f"Content note: {issue.entry.content_note} " if issue.entry.content_note else ""
    body = BeautifulSoup(parts(name)[1], "lxml").body.get_text(" ")

    assert " ".join(parts(name)[0].split()).startswith(note + told)
    assert words_in(body)[: len(words_in(note + told))] == words_in(note + told)


@pytest.mark.parametrize("name", LETTERS)
def test_nothing_is_hidden_and_nothing_is_loaded(name):
    html = parts(name)[1]
    soup = BeautifulSoup(html, "lxml")

    assert not re.search(r"display:\s*none|font-size:\s*[01]px|opacity|visibility|mso-hide|url\(|@import", html)
    assert not soup.select("img, link, script, form, iframe, input")


def test_the_titles_agree():
    for name in LETTERS:
        soup = BeautifulSoup(parts(name)[1], "lxml")
        assert soup.title.get_text() == parsed(message(name))["Subject"] == LETTERS[name][0].subject


def test_corrections_and_missed_issues_are_carried_and_slips_are_not():
    letter = issue_mail(
        samples.issue_of(samples.QUOTE),
        **WHOSE,
        corrections=[samples.CORRECTION, samples.SLIP],
        missed=[samples.WITHDRAWN, samples.issue_of(samples.POST, samples.TODAY - timedelta(days=3))],
    )

    for part in (letter.text, letter.html):
        assert "Correction, 20 November 2026:" in part
        assert "spelt" not in part
        assert part.index("19 November 2026") < part.index("21 November 2026")
        assert samples.LINKS.issue(samples.WITHDRAWN.day) in part
        assert "Benghazi mosque" in part  # the correction's headline
    assert "21 November 2026: Withdrawn" in letter.text


def test_missed_issues_that_a_mail_has_no_room_for_are_counted_and_found_in_the_archive():
    several = [samples.issue_of(samples.POST, samples.TODAY - timedelta(days=days)) for days in (2, 1)]
    letter = issue_mail(samples.ISSUE, **WHOSE, missed=several, more_missed=25)
    link = BeautifulSoup(letter.html, "lxml").find("a", string="archive")

    assert "And 25 more before these: see the archive.\nhttps://dose.example.org/archive/\n" in letter.text
    assert link["href"] == samples.LINKS.archive()
    assert link.parent.get_text() == "And 25 more before these: see the archive."
    assert "more before these" not in issue_mail(samples.ISSUE, **WHOSE, missed=several).text


def test_a_mail_says_which_part_of_it_is_what():
    soup = BeautifulSoup(issue_mail(samples.ISSUE, **WHOSE).html, "lxml")

    assert "Benghazi" in soup.find(role="main").get_text()
    assert "Unsubscribe" in soup.find(role="contentinfo").get_text()


def test_an_edition_without_rights_or_postal_address_leaves_no_gap():
    bare = replace(samples.PUBLISHER, rights="", postal_address="")
    letter = issue_mail(samples.ISSUE, **(WHOSE | {"publisher": bare}))

    assert letter.text.endswith("Report an error: editors@example.org\n")


def test_a_mail_of_twelve_sources_is_far_below_what_gmail_clips():
    letter = issue_mail(samples.issue_of(samples.TWELVE_SOURCES), **WHOSE)

    assert len(frozen(letter)) < 40_000


@pytest.mark.parametrize("many", [300, 1000])
def test_an_entry_too_long_for_a_mail_is_cut_to_its_beginning_with_a_way_to_the_rest(many):
    sources = samples.TWELVE_SOURCES.sources * (many // 12)
    marks = "".join(f"[^{number}]" for number in range(1, len(sources) + 1))
    entry = replace(samples.TWELVE_SOURCES, sources=sources, body=f"A first sentence. {'More of it. ' * 900}{marks}")
    letter = issue_mail(samples.issue_of(entry), **WHOSE)

    assert len(frozen(letter)) < LARGEST
    assert "The whole entry and all its sources" in letter.text
    assert words_of_text(letter.text) == words_of_html(letter.html)


def test_a_mail_that_cannot_be_made_small_is_refused_with_its_size():
    note = replace(samples.CORRECTION, note="x " * LARGEST)

    with pytest.raises(MailTooLarge, match="60,000"):
        issue_mail(samples.ISSUE, **WHOSE, corrections=[note])


def starter() -> list[Entry]:
    rows = (resources.folder("seeds") / "starter.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry_of(json.loads(row)) for row in rows]


def test_every_entry_of_the_starter_archive_makes_a_mail_whose_parts_agree():
    for entry in starter():
        letter = issue_mail(samples.issue_of(entry), **WHOSE)
        assert words_of_text(letter.text) == words_of_html(letter.html), entry.slug
        assert letter.subject == entry.headline
        assert len(frozen(letter)) < LARGEST


def test_a_hostile_archive_is_mailed_too():
    for issue in feed_samples.hostile().issues:
        if issue.withdrawal is None:
            letter = issue_mail(issue, **WHOSE)
            raw = filled(frozen(letter))
            assert len(raw) < 2 * LARGEST
            assert list(parsed(raw).keys()) == list(parsed(filled(frozen())).keys())
            assert not BeautifulSoup(letter.html, "lxml").select("script, svg, img, [onload], [onclick]")


# Bytes


def test_the_same_letter_gives_the_same_bytes():
    assert frozen() == frozen()
    assert f'boundary="=_{samples.ISSUE.uid.hex}"'.encode() in frozen()


def test_filling_changes_only_what_differs_per_reader():
    whole = frozen(issue_mail(samples.ISSUE, **WHOSE))
    later = SENT_AT + timedelta(hours=1)
    one = fill(whole, to="a@example.org", message_id="<1@x.org>", date=SENT_AT, leave="A" * 47)
    two = fill(whole, to="b@example.org", message_id="<2@x.org>", date=later, leave="B" * 47)
    lines = list(zip(one.splitlines(), two.splitlines(), strict=True))
    differ = [pair for pair in lines if pair[0] != pair[1]]

    assert lines[:3] == [
        (b"To: a@example.org", b"To: b@example.org"),
        (b"Date: Sun, 22 Nov 2026 06:00:00 +0000", b"Date: Sun, 22 Nov 2026 07:00:00 +0000"),
        (b"Message-ID: <1@x.org>", b"Message-ID: <2@x.org>"),
    ]
    # A header, and twice in each part, near its beginning and at its end.
    assert len(differ) == 3 + 1 + 4
    assert all(first.replace(b"A", b"B") == second for first, second in differ[3:])


@pytest.mark.parametrize("name", LETTERS)
def test_a_reader_can_leave_by_a_link_near_the_top_and_one_at_the_end_of_both_parts(name):
    leave = f"{samples.LINKS.base_url}/unsubscribe/t0ken"
    text, html = parts(name)

    assert text.count(f"Unsubscribe: {leave}\r\n") == 2
    assert text.index(leave) < text.index(words.MOTTO)
    assert text.rindex(leave) > text.rindex(words.VIEW_ARCHIVE)
    links = [link for link in BeautifulSoup(html, "lxml").select("a[href]") if link["href"] == leave]
    assert [link.get_text() for link in links] == ["Unsubscribe", "Unsubscribe"]
    assert links[0].find_next("h1")
    assert not links[1].find_next("h1")


def test_one_click_leaves():
    """RFC 8058: an address over HTTPS and the word, each on one line of its own."""
    raw = filled(frozen())

    assert f"\r\nList-Unsubscribe: <{samples.LINKS.base_url}/unsubscribe/{TOKEN}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


@given(st.text(alphabet="ab .=F\n", max_size=90), st.text(alphabet="ab .=F\nrom", max_size=90))
def test_a_token_stands_where_it_was_meant_to_wherever_lines_are_broken(before, after):
    """And breaks no line itself, nor starts one that a mail server changes."""
    text = f"{before}{LEAVE}{after}"
    raw = fill(
        frozen(Letter(subject="s", text=text, html=text)),
        to="a@x.org",
        message_id="<1@x.org>",
        date=SENT_AT,
        leave="t" * 70,
    )
    lines = raw.split(b"\r\n")
    body = lines[lines.index(b"") :]

    assert b"\0" not in raw
    assert max(map(len, body)) <= 78
    assert not any(line.startswith((b".", b"From ")) for line in body)
    for part in parsed(raw).iter_parts():
        got = part.get_payload(decode=True).decode().replace("\r\n", "\n")
        assert got.removesuffix("\n") == text.replace(LEAVE, "t" * 70).removesuffix("\n")


@pytest.mark.parametrize("leave", ["", "a b", "a\r\nX: y", "a>", "ä", "a" * 71])
def test_only_a_token_is_written_as_one(leave):
    with pytest.raises(headers.UnsafeHeader):
        fill(frozen(), to="a@example.org", message_id="<1@x.org>", date=SENT_AT, leave=leave)


def test_a_date_in_any_zone_is_written_in_utc():
    there = SENT_AT.astimezone(timezone(timedelta(hours=5, minutes=45)))

    assert fill(frozen(), to="a@example.org", message_id="<1@x.org>", date=there, leave=TOKEN) == fill(
        frozen(), to="a@example.org", message_id="<1@x.org>", date=SENT_AT, leave=TOKEN
    )


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=400))
def test_any_text_survives_and_no_line_of_it_is_one_that_a_mail_server_changes(text):
    raw = filled(frozen(Letter(subject="s", text=text, html=text)))
    lines = raw.split(b"\r\n")
    body = lines[lines.index(b"") :]

    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert not any(line.startswith((b".", b"From ")) for line in body)
    assert max(map(len, body)) <= 78
    assert raw.isascii()
    for part in parsed(raw).iter_parts():
        got = part.get_payload(decode=True).decode().replace("\r\n", "\n")
        assert got.removesuffix("\n") == text.removesuffix("\n")


def test_a_line_of_text_that_starts_with_a_dot_or_from_is_encoded():
    raw = frozen(Letter(subject="s", text=".hidden\nFrom here\n", html=""))

    assert b"=2Ehidden" in raw
    assert b"=46rom here" in raw


def test_a_mail_that_an_older_version_froze_is_filled_too():
    old = b"To: \r\nDate: \r\nMessage-ID: \r\nFrom: dose@example.org\r\n\r\nTo: \r\n"

    assert filled(old).splitlines() == [
        b"To: reader@example.org",
        b"Date: Sun, 22 Nov 2026 06:00:00 +0000",
        b"Message-ID: <1@dose.example.org>",
        b"From: dose@example.org",
        b"",
        b"To: ",
    ]


def test_what_freeze_did_not_make_is_refused():
    with pytest.raises(ValueError, match="with its holes"):
        fill(b"To: x@example.org\r\n\r\n", to="a@example.org", message_id="<1@x.org>", date=SENT_AT, leave=TOKEN)
    with pytest.raises(ValueError, match="aware"):
        fill(frozen(), to="a@example.org", message_id="<1@x.org>", date=datetime(2026, 1, 1), leave=TOKEN)


# Headers


def test_the_headers_say_whose_mail_it_is_and_where_it_stands():
    mail = parsed(filled(frozen(publisher=replace(samples.PUBLISHER, reply_to="Editors <editors@example.org>"))))

    assert mail["From"] == "Daily Dose <dose@example.org>"
    assert mail["Reply-To"] == "Editors <editors@example.org>"
    assert mail["List-Id"] == "<daily-dose.dose.example.org>"
    assert mail["Archived-At"] == f"<{PAGE}>"
    assert mail["Content-Language"] == "en"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert all(len(mail.get_all(name)) == 1 for name in ("To", "Date", "Message-ID", "From", "Subject"))


def test_an_edition_may_have_a_sender_of_its_own():
    mail = parsed(filled(frozen(edition=replace(samples.EDITION, sender="Jürgen <j@example.org>"))))

    assert mail["From"] == "Jürgen <j@example.org>"


def test_a_subject_in_arabic_is_written_in_encoded_words_that_are_short_enough():
    mail = message("arabic")
    words = re.findall(rb"=\?utf-8\?\S+\?=", mail)

    assert max(map(len, words)) <= 75  # RFC 2047, 2
    assert parsed(mail)["Subject"] == samples.ARABIC.headline


def test_addresses_of_any_length_stay_on_their_line():
    """Folded into encoded words, a list header says nothing to a machine."""
    page = "https://dose.example.org/" + "a" * 400

    assert f"Archived-At: <{page}>\r\n".encode() in frozen(page=page)


BAD_LINES = ["a\nX: b", "a\r\nX: b", "a\rb", "a\x0bb", "a\x0cb", "a\x85b", "a\u2028b", "a\u2029b", "a\x00b", "a\x7fb"]
ENCODED = ["=?utf-8?q?a=0AX-Inj:_b?=", "=?utf-8?b?YQpYOiBi?=", "x =?us-ascii?q?=0D=0AX:_b?= y"]
NESTED = ["=?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0AX=3A=5Fb=3F=3D?="]


@pytest.mark.parametrize("value", BAD_LINES + ENCODED + NESTED)
def test_a_value_that_could_start_another_header_is_refused(value):
    with pytest.raises(headers.UnsafeHeader):
        headers.safe("Subject", value)
    with pytest.raises(headers.UnsafeHeader):
        frozen(replace(LETTER, subject=value))
    with pytest.raises(headers.UnsafeHeader):
        frozen(edition=replace(samples.EDITION, sender=f"{value} <a@example.org>"))


@pytest.mark.parametrize("value", BAD_LINES + ENCODED + NESTED)
def test_an_odd_headline_costs_its_oddity_and_never_the_days_issue(value):
    letter = issue_mail(samples.issue_of(samples.FACT, subject=value), **WHOSE)
    mail = parsed(filled(frozen(letter)))

    assert mail["Subject"] == letter.subject
    assert set(mail.keys()) == set(parsed(filled(frozen())).keys())


@given(st.text(max_size=120))
def test_no_subject_ever_adds_or_loses_a_header(value):
    subject = headers.neutral("Subject", value)
    mail = parsed(filled(frozen(replace(LETTER, subject=subject))))

    assert list(mail.keys()) == list(parsed(filled(frozen())).keys())
    assert clean_line(mail["Subject"]) == subject


@pytest.mark.parametrize(
    "to",
    [
        "a@example.org, b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "A <a@example.org>",
        "<a@example.org>",
        "a@example.org>",
        "jürgen@example.org",
        "=?utf-8?q?a=0A?=@example.org",
        "a b@c.org",
        "a",
        "",
    ],
)
def test_only_one_plain_address_is_written_to(to):
    with pytest.raises(headers.UnsafeHeader):
        fill(frozen(), to=to, message_id="<1@x.org>", date=SENT_AT, leave=TOKEN)


@pytest.mark.parametrize("message_id", ["1@x.org", "<1@x.org>\r\nX: y", "<>", "<a b@x.org>", "<a@b@c>"])
def test_only_a_message_id_is_written_as_one(message_id):
    with pytest.raises(headers.UnsafeHeader):
        fill(frozen(), to="a@example.org", message_id=message_id, date=SENT_AT, leave=TOKEN)


def test_a_correction_of_the_text_leaves_the_printed_text_to_the_page():
    change = samples.Change(field="body", was="was " * 100, now="now")
    note = Correction(
        entry="x", headline="X", corrected_at=datetime(2026, 11, 20, tzinfo=UTC), note="Wrong", changes=(change,)
    )
    letter = issue_mail(samples.ISSUE, **WHOSE, corrections=[note])

    assert "was was" not in letter.text + letter.html
