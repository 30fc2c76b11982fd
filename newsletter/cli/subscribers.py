"""Commands of subscribers: add, import, list, show, export, sync, suppress, erase."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from newsletter.cli.terminal import (
    Application,
    EditionSlug,
    Json,
    answer,
    fitted,
    now,
    opened,
    progress,
    say,
    warn,
    wrong,
)

if TYPE_CHECKING:
    from newsletter.readers.subscribers import Subscriber

Addresses = Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Mail addresses.")]
ListFile = Annotated[str, typer.Argument(metavar="FILE", help="A CSV whose first line names its columns.")]
Consent = Annotated[str, typer.Option(metavar="TEXT", help="How, when and where they asked for the mail.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Report, and change nothing.")]
State = Literal["good", "bounced", "complained", "pending", "active", "paused", "left"]

subscribers = Application("The readers who get the mail.")


def add_to(app: Application) -> None:
    """Add these commands."""
    app.add_typer(subscribers, name="subscribers")


@subscribers.command("add")
def add(addresses: Addresses, consent: Consent = "", edition: EditionSlug = None, json: Json = False) -> None:
    """Subscribe addresses, confirmed on the operator's word.

    Who left, bounced, complained, was erased or is suppressed stays so.

    Example: daily-dose subscribers add reader@example.org --consent "asked by letter, 3 May 2026"
    """
    with opened() as room:
        new = room.circulation.add(edition, addresses, consent, now())
        out = room.circulation.kept_out(addresses)
    if json:
        answer({"added": new, "suppressed": out})
    else:
        kept_out = f", {len(out)} suppressed" if out else ""
        say(f"{len(new)} added, {len(addresses) - len(new) - len(out)} known already{kept_out}")


@subscribers.command("import")
def import_(
    file: ListFile,
    edition: EditionSlug = None,
    consent: Consent = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Subscribe a list of addresses from a CSV, confirmed on the operator's word.

    Its first line names its columns: address, and any of edition, cadence, weekday, hour, zone, format, consent,
    consented_at and the others that `export subscribers` writes. Each row needs proof of consent: its own, or
    --consent. Who left, bounced, complained, was erased or is suppressed stays so. What is refused is named with its
    line and field, and the rest is taken in; again adds nobody twice.

    Example: daily-dose subscribers import readers.csv --consent "asked at the fair, 3 May 2026" --dry-run
    """
    from newsletter.circulation.listing import SubscriberList
    from newsletter.cli.listing import reported

    listed = SubscriberList(file=file, edition=edition, consent=consent.strip())
    with reported(json=json, dry_run=dry_run) as report, opened() as room:
        room.circulation.take_in(listed, now(), report, dry_run=dry_run)


@subscribers.command("sync")
def sync(
    file: ListFile,
    edition: EditionSlug = None,
    consent: Consent = "",
    most: Annotated[int | None, typer.Option(min=0, metavar="N", help="Take off at most so many readers.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Take off as many as it lacks.")] = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Make an edition's readers those on a list: add whom it names, take off whom it does not.

    All of it, or nothing: a list with a row that can't be read takes off nobody, nor does an empty one, nor one that
    lacks more than a tenth of the readers, unless --most or --force says so.

    Example: daily-dose subscribers sync members.csv --consent "members of the society" --dry-run
    """
    from newsletter.circulation.listing import SubscriberList
    from newsletter.cli.listing import reported

    if force and most is not None:
        raise wrong("expected --most or --force, got both")
    listed = SubscriberList(file=file, edition=edition, consent=consent.strip())
    with reported(json=json, dry_run=dry_run) as report, opened() as room:
        allowed = 10**12 if force else most
        room.circulation.match(listed, now(), report, most=allowed, dry_run=dry_run)


@subscribers.command("list")
def list_(
    state: Annotated[State | None, typer.Option(help="Only those in this state, or with a subscription in it.")] = None,
    edition: Annotated[
        str | None, typer.Option("--edition", metavar="SLUG", help="Only those with a subscription to it.")
    ] = None,
    json: Json = False,
) -> None:
    """List every subscriber with their subscriptions.

    Example: daily-dose subscribers list --state bounced
    """
    from newsletter.cli.printing import answer_list, to_output

    with opened() as room:
        every = room.circulation.every(state, edition)
        if json:
            answer_list(map(_shape, every))
            return
        write, found = to_output(), False
        for each in every:
            found = True
            held = ", ".join(f"{one.edition} {one.state}" for one in each.subscriptions)
            write(f"{each.address}  {each.state}  {held}\n")
    if not found:
        chosen = " so" if state or edition else ": daily-dose subscribers add ADDRESS --consent TEXT"
        say(f"nobody is subscribed{chosen}")


@subscribers.command("show")
def show(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")], json: Json = False
) -> None:
    """Show everything that is held about one person.

    Example: daily-dose subscribers show reader@example.org --json
    """
    with opened() as room:
        held = room.circulation.held(address)
    if json:
        answer(held)
    elif held is None:
        say(f"nothing is held about {address}")
    else:
        for name, value in held.items():
            rows = value if isinstance(value, list) else [value]
            for row in rows:
                told = (
                    ", ".join(f"{key} {one}" for key, one in row.items() if one is not None)
                    if isinstance(row, dict)
                    else row
                )
                if told is not None:
                    say(fitted(f"{name}: {told}"))


@subscribers.command("erase")
def erase(addresses: Addresses, json: Json = False) -> None:
    """Erase what is held about addresses; no list brings them back.

    Deliveries stay counted, without the address. A keyed hash of it is kept, by which an import knows it; they
    themselves may sign up again.

    Example: daily-dose subscribers erase reader@example.org
    """
    with opened() as room:
        erased = room.circulation.erase(addresses, now())
    if json:
        answer({"erased": erased})
    else:
        nothing = len(addresses) - len(erased)
        say(f"{len(erased)} erased" + (f", nothing was held about {nothing}" if nothing else ""))


@subscribers.command("suppress")
def suppress(
    addresses: Addresses,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "operator",
    lift: Annotated[bool, typer.Option("--lift", help="Suppress them no more; subscribes nobody.")] = False,
    json: Json = False,
) -> None:
    """Send nothing to addresses any more, whoever asks for it.

    Example: daily-dose subscribers suppress reader@example.org --reason "a lawyer's letter, 3 May 2026"
    """
    with opened() as room:
        if lift:
            lifted = room.circulation.lift(addresses)
        else:
            left = room.circulation.suppress(addresses, reason, now())
    if lift:
        told, words = {"lifted": lifted}, f"{len(lifted)} suppressed no more"
    else:
        told = {"suppressed": addresses, "left": left}
        words = f"{len(addresses)} suppressed, {len(left)} of them were subscribed"
    if json:
        answer(told)
    else:
        say(words)


def export_subscribers(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file, or - for standard output.")],
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON; not where the list itself goes.")] = False,
) -> None:
    """Write every subscription to a CSV that only its owner may read."""
    from newsletter.cli.exporting import write_lines

    to_output = str(path) == "-"
    if json and to_output:
        raise wrong("expected a file, got --json and -: the list and the answer would go to the same place")
    with opened() as room, progress("exporting") as done:
        number = write_lines(room.circulation.export(), path, done) - 1
    if json:
        answer({"path": str(path), "subscriptions": number})
    else:
        warn(f"{number:,} subscriptions written to {'standard output' if to_output else path}")


_EXPORT = """Write every subscription to a CSV that only its owner may read.

`subscribers import` takes it back: states, preferences and the newest word of consent with it. Links in mail that was
sent belong to the database itself.

Example: daily-dose {} readers.csv"""
subscribers.command("export", help=_EXPORT.format("subscribers export"))(export_subscribers)
EXPORT_HELP = _EXPORT.format("export subscribers")


def _shape(subscriber: Subscriber) -> dict[str, object]:
    return {
        "address": subscriber.address,
        "state": subscriber.state,
        "subscriptions": [
            {
                "edition": each.edition,
                "state": each.state,
                "cadence": each.cadence,
                "hour": each.hour.isoformat("minutes") if each.hour else None,
                "zone": each.zone,
                "format": each.format,
            }
            for each in subscriber.subscriptions
        ],
    }
