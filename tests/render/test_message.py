"""A message: bytes that survive every mail server, and headers that nobody else can write."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
import samples
from golden_pages import SENT_AT, message
from hypothesis import given
from hypothesis import strategies as st
from letters import LETTER, PAGE, TOKEN, WHOSE, filled, frozen, imprint, parsed

from newsletter.render import headers
from newsletter.render.mail import issue_mail
from newsletter.render.message import LEAVE, Letter, fill, freeze_text, personal
from newsletter.text import clean_line


def test_the_same_letter_gives_the_same_bytes():
    assert frozen() == frozen()
    assert f'boundary="=_{samples.ISSUE.uid.hex}"'.encode() in frozen()


def test_filling_changes_only_what_differs_per_reader():
    whole = frozen(issue_mail(samples.ISSUE, **WHOSE))
    later = SENT_AT + timedelta(hours=1)
    one = fill(whole, to="a@example.org", message_id="<1@x.org>", date=SENT_AT, leave="1" * 56)
    two = fill(whole, to="b@example.org", message_id="<2@x.org>", date=later, leave="2" * 56)
    lines = list(zip(one.splitlines(), two.splitlines(), strict=True))
    differ = [pair for pair in lines if pair[0] != pair[1]]

    assert lines[:3] == [
        (b"To: a@example.org", b"To: b@example.org"),
        (b"Date: Sun, 22 Nov 2026 06:00:00 +0000", b"Date: Sun, 22 Nov 2026 07:00:00 +0000"),
        (b"Message-ID: <1@x.org>", b"Message-ID: <2@x.org>"),
    ]
    # A header, and twice in each part, near its beginning and at its end.
    assert len(differ) == 3 + 1 + 4
    assert all(first.replace(b"1" * 56, b"2" * 56) == second for first, second in differ[3:])


def test_one_click_leaves():
    """RFC 8058: an address over HTTPS and the word, each on one line of its own. Or a mail (RFC 2369)."""
    raw = filled(frozen())
    by_web = f"<{samples.LINKS.base_url}/unsubscribe/{TOKEN}>"
    by_mail = f"<mailto:u+{TOKEN}@bounce.example.org?subject=unsubscribe>"

    assert f"\r\nList-Unsubscribe: {by_web}, {by_mail}\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw


def test_no_mail_is_asked_for_where_none_comes_back_to_us():
    raw = filled(frozen(publisher=replace(samples.PUBLISHER, bounce_domain=None)))

    assert f"\r\nList-Unsubscribe: <{samples.LINKS.base_url}/unsubscribe/{TOKEN}>\r\n".encode() in raw


@given(st.text(alphabet="ab .=F\n", max_size=90), st.text(alphabet="ab .=F\nrom", max_size=90))
def test_a_token_stands_where_it_was_meant_to_wherever_lines_are_broken(before, after):
    """And breaks no line itself, nor starts one that a mail server changes."""
    text = f"{before}{LEAVE}{after}"
    raw = fill(
        frozen(Letter(subject="s", text=text, html=text)),
        to="a@x.org",
        message_id="<1@x.org>",
        date=SENT_AT,
        leave="t" * 62,
    )
    lines = raw.split(b"\r\n")
    body = lines[lines.index(b"") :]

    assert b"\0" not in raw
    assert max(map(len, body)) <= 78
    assert not any(line.startswith((b".", b"From ")) for line in body)
    for part in parsed(raw).iter_parts():
        got = part.get_payload(decode=True).decode().replace("\r\n", "\n")
        assert got.removesuffix("\n") == text.replace(LEAVE, "t" * 62).removesuffix("\n")


@pytest.mark.parametrize("leave", ["", "a b", "a\r\nX: y", "a>", "ä", "A", "a-b", "a" * 63])
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


def test_the_headers_say_all_that_a_mail_program_may_want_of_a_list():
    """RFC 2369: where help, the owner and the archive are, how to subscribe, and that nobody posts."""
    mail = parsed(filled(frozen(publisher=replace(samples.PUBLISHER, contact="Editors <editors@example.org>"))))

    assert mail["List-Help"] == "<https://dose.example.org/about>"
    assert mail["List-Owner"] == "<mailto:editors@example.org>"
    assert mail["List-Subscribe"] == "<https://dose.example.org/subscribe>"
    assert mail["List-Archive"] == "<https://dose.example.org/archive/>"
    assert mail["List-Post"] == "NO"
    assert mail["Precedence"] == "bulk"


def test_the_owner_may_be_reached_by_a_page():
    mail = parsed(filled(frozen(publisher=replace(samples.PUBLISHER, contact="https://example.org/contact"))))

    assert mail["List-Owner"] == "<https://example.org/contact>"


def test_complaints_are_counted_by_mailing_edition_kind_and_sender():
    """Gmail: four parts, the last of 5 to 15 letters and the same in all mail of a sender."""
    mails = [parsed(filled(frozen(key=key, kind=kind)))["Feedback-ID"] for key, kind in (("2026-11-22", "issue"),) * 2]
    digest = parsed(filled(frozen(key="2026-W47", kind="digest")))["Feedback-ID"]
    *said, whose = mails[0].split(":")

    assert said == ["2026-11-22", "daily-dose", "issue"]
    assert digest == f"2026-W47:daily-dose:digest:{whose}"
    assert 5 <= len(whose) <= 15
    assert mails[0] == mails[1]


def test_an_edition_of_any_script_has_a_list_that_machines_can_read():
    raw = filled(frozen(edition=replace(samples.EDITION, slug="جرعة")))

    assert b"\r\nList-Id: <%D8%AC%D8%B1%D8%B9%D8%A9.dose.example.org>\r\n" in raw
    assert b":%D8%AC%D8%B1%D8%B9%D8%A9:issue:" in raw


def test_a_reader_of_text_alone_gets_one_part_with_the_same_headers():
    letter = issue_mail(samples.ISSUE, **WHOSE)
    whole, alone = filled(frozen(letter)), filled(freeze_text(letter, imprint()))
    kept = [line for line in whole.partition(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith(b"Content-Type")]
    mail = parsed(alone)
    text = next(parsed(whole).iter_parts())

    assert mail.get_content_type() == "text/plain"
    assert mail.get_content() == text.get_content()
    assert alone.count(TOKEN.encode()) == 2 + 2  # both addresses of the header, and two links
    assert [line for line in kept if line not in alone.split(b"\r\n")] == []


# To one alone


def one_alone(letter: Letter = LETTER, **changes: object) -> bytes:
    given_ = {
        "to": "reader@example.org",
        "sender": "Daily Dose <dose@example.org>",
        "reply_to": None,
        "message_id": "<1@dose.example.org>",
        "date": SENT_AT,
        "language": "en",
        "boundary": "abc",
    }
    return personal(letter, **(given_ | changes))


def test_a_letter_to_one_is_no_lists_mail():
    raw = one_alone(reply_to="Editors <editors@example.org>")
    mail = parsed(raw)
    text, html = mail.iter_parts()

    assert raw == one_alone(reply_to="Editors <editors@example.org>")
    assert list(mail.keys()) == [
        *("To", "Date", "Message-ID", "From", "Reply-To", "Subject"),
        *("Auto-Submitted", "MIME-Version", "Content-Type", "Content-Language"),
    ]
    assert mail["From"] == "Daily Dose <dose@example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Sun, 22 Nov 2026 06:00:00 +0000"
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert (text.get_content(), html.get_content()) == ("Text.\r\n", "<p>Text.</p>\r\n")


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r"), max_size=200))
def test_any_text_to_one_survives(text):
    raw = one_alone(Letter(subject="s", text=text, html=text))

    assert raw.isascii()
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert not any(line.startswith((b".", b"From ")) for line in raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    for part in parsed(raw).iter_parts():
        assert part.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": "a@example.org, b@example.org"},
        {"sender": "=?utf-8?q?a=0AX:_b?= <a@example.org>"},
        {"reply_to": "a@example.org\r\nBcc: b@example.org"},
        {"message_id": "1@x.org"},
        {"language": "en\r\nX: y"},
        {"letter": replace(LETTER, subject="a\nX: b")},
    ],
)
def test_a_letter_to_one_takes_no_value_that_could_be_more(wrong):
    with pytest.raises(headers.UnsafeHeader):
        one_alone(**wrong)


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


@given(st.text(min_size=1, max_size=120))
def test_a_name_of_any_letters_is_the_senders_and_leaves_the_address_alone(name):
    display = headers.neutral("From", name).translate({ord(letter): " " for letter in '"<>,;:()@[]\\.'}).strip()
    raw = filled(frozen(edition=replace(samples.EDITION, sender=f'"{display}" <j@example.org>')))
    said, address = parseaddr(message_from_bytes(raw)["From"])

    assert address == "j@example.org"
    assert " ".join(str(make_header(decode_header(said))).split()) == " ".join(display.split())


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
        ".@[",
        "",
    ],
)
def test_only_one_plain_address_is_written_to(to):
    with pytest.raises(headers.UnsafeHeader):
        fill(frozen(), to=to, message_id="<1@x.org>", date=SENT_AT, leave=TOKEN)


LETTERS_OF_ADDRESSES = st.text(alphabet='ab.@+-=?!#"\\ <>[]():;,é\r\n', max_size=20)


@given(st.one_of(LETTERS_OF_ADDRESSES, st.builds("{}@{}".format, LETTERS_OF_ADDRESSES, LETTERS_OF_ADDRESSES)))
def test_what_is_written_to_is_what_the_email_package_takes_for_one_address(to):
    try:
        assert headers.safe_address("To", to) == to
    except headers.UnsafeHeader:
        return
    [address] = parsed(fill(frozen(), to=to, message_id="<1@x.org>", date=SENT_AT, leave=TOKEN))["To"].addresses
    assert address.addr_spec == to


@pytest.mark.parametrize("message_id", ["1@x.org", "<1@x.org>\r\nX: y", "<>", "<a b@x.org>", "<a@b@c>"])
def test_only_a_message_id_is_written_as_one(message_id):
    with pytest.raises(headers.UnsafeHeader):
        fill(frozen(), to="a@example.org", message_id=message_id, date=SENT_AT, leave=TOKEN)
