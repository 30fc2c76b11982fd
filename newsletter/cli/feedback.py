"""Commands of what comes back: read, list, show, drop."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newsletter.cli.terminal import Application, Json, answer, fitted, now, opened, progress, say, warn, wrong

if TYPE_CHECKING:
    from newsletter.bootstrap import Newsroom
    from newsletter.circulation.feedback import Tally
    from newsletter.delivery.feedback.sources import Source

feedback = Application("Bounces, complaints, and readers who leave by mail.")

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="A message's number, as `feedback list` has it.")]
#: What a mail server keeps a message for, and tries again later (sysexits.h, EX_TEMPFAIL).
_TRY_LATER = 75


def add_to(app: Application) -> None:
    """Add these commands."""
    app.add_typer(feedback, name="feedback")


@feedback.command("read")
def read(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH|-|imap",
            help="A Maildir, an mbox or a message; - reads one from standard input, imap the mailbox of IMAP_URL.",
        ),
    ],
    json: Json = False,
) -> None:
    """Take in what came back, each message once.

    Messages of a Maildir or an IMAP mailbox are seen afterwards; an mbox stays as it is. With - the exit status is 0
    when the message was taken in, whatever it says, and 75 when it can't be now: the mail server keeps it, and tries
    again later.

    Example: daily-dose feedback read /var/mail/bounces/Maildir
    """
    with _kept_by_the_mail_server() if path == "-" else nullcontext():
        with opened() as room, _source(room, path) as source, progress("reading") as done:
            tally = room.intake.take_in(source, now(), done)
        if json:
            answer(_shape(tally))
        else:
            _tell(tally)


@feedback.command("list")
def list_(json: Json = False) -> None:
    """List the messages that nobody but a person understands, the oldest first.

    Example: daily-dose feedback list
    """
    with opened() as room:
        binned = room.intake.binned()
    if json:
        answer(
            [
                {
                    "number": each.id,
                    "received_at": _instant(each.received_at),
                    "origin": each.origin,
                    "status": each.status,
                    "detail": each.detail,
                    "size": each.size,
                }
                for each in binned
            ]
        )
        return
    if not binned:
        say("nothing waits to be looked at")
    for each in binned:
        say(fitted(f"{each.id:>6}  {each.received_at:%Y-%m-%d %H:%M} UTC  {each.detail or '(without a subject)'}"))


@feedback.command("show")
def show(number: Number) -> None:
    """Print a message of the list as it came.

    Example: daily-dose feedback show 12
    """
    with opened() as room:
        raw = room.intake.raw(number)
    # To a terminal as text without what would steer it; elsewhere, the bytes.
    if sys.stdout.isatty():
        from newsletter.text import clean

        say(clean(raw.decode("utf-8", "replace")))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(raw)


@feedback.command("drop")
def drop(
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...", help="Messages' numbers.")], json: Json = False
) -> None:
    """Forget messages of the list that were looked at; read again, they stay forgotten.

    Example: daily-dose feedback drop 12 13
    """
    with opened() as room:
        dropped = room.intake.drop(numbers)
    if json:
        answer({"dropped": dropped})
    else:
        say(f"{dropped} dropped")


@contextmanager
def _kept_by_the_mail_server() -> Iterator[None]:
    """Let a mail server keep what can't be taken in, for whatever reason: it has the only copy."""
    try:
        yield
    except Exception as error:
        # With any other status the mail server would give the message up.
        warn(f"error: {error}")
        raise typer.Exit(_TRY_LATER) from error


def _source(room: Newsroom, path: str) -> AbstractContextManager[Source]:
    """Open what a command names."""
    from pathlib import Path

    from newsletter.delivery.feedback import imap, sources

    if path == "-":
        return nullcontext(sources.Stream(sys.stdin.buffer))
    if path != "imap":
        return sources.opened(Path(path))
    if room.settings.imap_url is None:
        raise wrong(
            "expected DAILY_DOSE_IMAP_URL, the mailbox where bounces arrive, such as imaps://USER:PASSWORD@HOST"
        )
    return imap.opened(room.settings.imap_url)


def _tell(tally: Tally) -> None:
    from newsletter.feedback import FeedbackKind

    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(tally.kinds.items()))
    known = f"{tally.known:,} known already" if tally.known else ""
    say(f"{tally.read:,} read" + "".join(f"; {part}" for part in (kinds, known) if part))
    if tally.bounced:
        say(f"{tally.bounced:,} subscribers are mailed no more: too much of their mail came back")
    if tally.left:
        say(f"{tally.left:,} subscriptions were left")
    if tally.kinds[FeedbackKind.OURS]:
        say("what is ours was refused for the mail or its sender, not for the reader: daily-dose check mail")
    if tally.kinds[FeedbackKind.UNCLASSIFIED]:
        say("what is unclassified waits for a person: daily-dose feedback list")


def _shape(tally: Tally) -> dict[str, Any]:
    return {
        "read": tally.read,
        "known": tally.known,
        "kinds": {str(kind): number for kind, number in sorted(tally.kinds.items())},
        "bounced": tally.bounced,
        "left": tally.left,
    }


def _instant(moment: Any) -> str:  # noqa: ANN401 -- a datetime, which this file does not import
    from newsletter.shapes import instant

    return instant(moment)
