"""Messages that come back, as the mail servers and providers that are known for theirs write them; all of them ours."""

from __future__ import annotations

from uuid import UUID

from rooms import BOUNCE_DOMAIN, KEYS, at

from newsletter.delivery.verp import bounce_address
from newsletter.tokens import Purpose


def leave_address(reader: UUID) -> str:
    """Return the address that a reader leaves by."""
    return f"u+{KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, reader.bytes, at(0))}@{BOUNCE_DOMAIN}"


READER = UUID(int=0x1234)
MAILING = 77
#: Whose mail came back: the address that a mailing to the reader was sent from.
SENDER = bounce_address(KEYS, READER.bytes, MAILING, BOUNCE_DOMAIN, at(0))
FORGED = f"b+{'a' * 61}@{BOUNCE_DOMAIN}"
LEAVING = leave_address(READER)
LINK = f"https://dose.example.org/unsubscribe/{KEYS.seal_for_mail(Purpose.UNSUBSCRIBE, READER.bytes, at(0))}"
OTHER_LINK = f"https://dose.example.org/unsubscribe/{KEYS.seal(Purpose.UNSUBSCRIBE, READER.bytes, at(0))}"
#: When the messages below came, but for those that say otherwise.
CAME = at(1, 6.5)
RFC_5322 = "%a, %d %b %Y %H:%M:%S"


def our_headers(*, sender: str | None = None) -> str:
    """Return what comes back of one of our mails: the head of it."""
    path = f"Return-Path: <{sender}>\n" if sender else ""
    return (
        f"{path}From: Daily Dose <dose@example.org>\nTo: reader@example.net\n"
        "Subject: What happened: 5.1.1 and 5.7.1 are numbers in it\n"
        "Message-ID: <i1.abc@dose.example.org>\n"
        f"List-Unsubscribe: <{LINK}>,\n <mailto:{LEAVING}>\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
    )


def message(body: str, *, to: str = SENDER, sender: str = "MAILER-DAEMON@mx.example.net", **headers: str) -> bytes:
    """Return a message as Postfix delivers it into a mailbox of ours."""
    named = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return (
        "Return-Path: <>\n"
        f"X-Original-To: {to}\nDelivered-To: {to}\n"
        f"Received: from mx.example.net by mx.{BOUNCE_DOMAIN} (Postfix)\n\tid 1A2B3; {CAME:{RFC_5322}} +0000\n"
        f"From: {sender}\nTo: {to}\n{named}{body}"
    ).encode()


def delivery_report(*groups: str, words: str = "Sorry.\n", encoding: str = "", **headers: str) -> bytes:
    """Return a report of RFC 3464, with these groups of fields about recipients."""
    status = "Reporting-MTA: dns; mx.example.net\n\n" + "\n".join(groups)
    body = (
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="=_b/1 2"\n\n'
        "This is a MIME-encapsulated message.\n\n"
        f"--=_b/1 2\nContent-Type: text/plain; charset=us-ascii\n\n{words}\n"
        f"--=_b/1 2\nContent-Type: message/delivery-status\n{encoding}\n{status}\n"
        f"--=_b/1 2\nContent-Type: text/rfc822-headers\n\n{our_headers()}\n--=_b/1 2--\n"
    )
    return message(
        body, **({"Subject": "Undelivered Mail Returned to Sender", "Message_Id": "<1@mx.example.net>"} | headers)
    )


def group(
    action: str = "failed", status: str = "5.1.1", diagnosis: str = "", recipient: str = "reader@example.net"
) -> str:
    """Return the fields about one recipient."""
    said = f"Diagnostic-Code: smtp; {diagnosis}\n" if diagnosis else ""
    return f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n{said}"


def complaint(*fields: str, original: str | None = None, part: str = "message/rfc822") -> bytes:
    """Return a complaint of RFC 5965 about our mail, sent to an address that says nothing."""
    told = "\n".join(fields)
    body = (
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nThis is an abuse report.\n"
        f"--b\nContent-Type: message/feedback-report\n\n{told}\nVersion: 1\n\n"
        f"--b\nContent-Type: {part}\n\n{our_headers() if original is None else original}\nHello\n--b--\n"
    )
    return message(body, to=f"fbl@{BOUNCE_DOMAIN}", sender="feedback@arf.example.net", Subject="FW: What happened")


EXCHANGE = """MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="6f2c9a53-0c5b"
Content-Language: en-US

--6f2c9a53-0c5b
Content-Type: multipart/alternative; differences=Content-Type;
 boundary="af1b2c3d"

--af1b2c3d
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to reader@example.net couldn't be delivered.=0D
The recipient wasn't found at example.net.

--af1b2c3d
Content-Type: text/html; charset="us-ascii"

<html><body style="a;b;c"><p>Your message to reader couldn't be delivered.</p></body></html>

--af1b2c3d--

--6f2c9a53-0c5b
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.prod.example.net
Received-From-MTA: dns;mx.example.org
Arrival-Date: Mon, 2 Mar 2026 06:01:00 +0000

Final-Recipient: rfc822;reader@example.net
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient reader@example.net
 not found by SMTP address lookup

--6f2c9a53-0c5b
Content-Type: message/rfc822

Subject: What happened

--6f2c9a53-0c5b--
"""

GMAIL = """MIME-Version: 1.0
Auto-Submitted: auto-replied
X-Failed-Recipients: reader@example.net
Content-Type: multipart/report; boundary="0000000000007"; report-type=delivery-status
Subject: Delivery Status Notification (Failure)

--0000000000007
Content-Type: multipart/related; boundary="0000000000008"

--0000000000008
Content-Type: multipart/alternative; boundary="0000000000009"

--0000000000009
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to reader@example.net because the address couldn't be found.

--0000000000009--
--0000000000008--
--0000000000007
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.example.net
Arrival-Date: Sun, 01 Mar 2026 22:01:00 -0800 (PST)
X-Original-Message-ID: <i1.abc@dose.example.org>

Final-Recipient: rfc822; reader@example.net
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.net. (192.0.2.7, the server for the domain example.net.)
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos or
 550 5.1.1 unnecessary spaces. For more, go to https://support.example.net/mail/?p=NoSuchUser 5sor123 - gsmtp
Last-Attempt-Date: Sun, 01 Mar 2026 22:01:01 -0800 (PST)

--0000000000007--
"""

QMAIL = """Subject: failure notice

Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<reader@example.net>:
192.0.2.7 does not like recipient.
Remote host said: 550 {said}
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Return-Path: <dose@example.org>
Subject: 5.7.1 stands in what we wrote ourselves

Hello
"""

EXIM = """X-Failed-Recipients: reader@example.net
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  reader@example.net
    SMTP error from remote mail server after RCPT TO:<reader@example.net>:
    host mx.example.net [192.0.2.7]: 550 5.1.1 <reader@example.net>: user unknown

------ This is a copy of the message, including all the headers. ------

Subject: What happened
"""

EXIM_WARNING = """Auto-Submitted: auto-replied
Subject: Warning: message 1rAbCd delayed 24 hours

This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on mx.example.net.

The address to which the message has not yet been delivered is:

  reader@example.net

No action is required on your part. Delivery attempts will continue for
some time.
"""
