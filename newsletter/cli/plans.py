"""Commands of what is to come, and of what is not to: queue, hold, release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.terminal import (
    Application,
    EditionSlug,
    Entry,
    Json,
    answer,
    day_in,
    days_in,
    edition_of,
    now,
    opened,
    say,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from newsletter.bootstrap import Newsroom
    from newsletter.desk.desk import Line
    from newsletter.models import Hold

Days = Annotated[str | None, typer.Argument(metavar="DAY|DAY..DAY", help="A day, or the first and the last.")]
All = Annotated[bool, typer.Option("--all", help="Every day of every edition.")]

queue = Application("Entries in line for a free day, or pinned to one.")


def add_to(app: Application) -> None:
    """Add these commands."""
    app.add_typer(queue, name="queue")
    app.command()(hold)
    app.command()(release)


@queue.command("list")
def list_(edition: EditionSlug = None, json: Json = False) -> None:
    """List what is pinned, and the queue from its head.

    Example: daily-dose queue list
    """
    with opened() as room:
        _tell(room, edition, json=json)


@queue.command("add")
def add(
    entry: Entry,
    day: Annotated[str | None, typer.Option(metavar="DAY", help="Pin it to this day.")] = None,
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Put an entry at the end of the queue, or pin it to a day.

    Example: daily-dose queue add mumbai-under-attack-for-three-days-2008 --day 2027-01-23
    """
    with opened() as room:
        room.desk.enqueue(edition, entry, now(), day=day_in(room, day, edition) if day else None)
        _tell(room, edition, json=json)


@queue.command("move")
def move(
    entry: Entry,
    place: Annotated[int, typer.Argument(min=1, metavar="PLACE", help="Its new place; 1 is the head.")],
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Move an entry within the queue.

    Example: daily-dose queue move mumbai-under-attack-for-three-days-2008 1
    """
    with opened() as room:
        room.desk.move(edition, entry, place)
        _tell(room, edition, json=json)


@queue.command("remove")
def remove(entry: Entry, edition: EditionSlug = None, json: Json = False) -> None:
    """Take an entry out of the queue and off its days.

    Example: daily-dose queue remove mumbai-under-attack-for-three-days-2008
    """
    with opened() as room:
        room.desk.remove(edition, entry)
        _tell(room, edition, json=json)


def hold(
    days: Days = None,
    everything: All = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the editors.")] = "",
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Publish and mail nothing, on some days or at all.

    A hold on everything stands until it is released.

    Example: daily-dose hold tomorrow --reason "after today's attack"
    """
    from newsletter.cli.issues import headline

    _days_or_all(days, edition, everything=everything)
    with opened() as room:
        span = days_in(room, days, edition) if days else None
        held = room.press.hold(edition, span, now(), reason)
        out = room.press.outlook.overview(edition, now()).issue
        what = _days_of(room, held)
    if json:
        answer(hold_shape(held))
        return
    say(f"{what} is held" if span is None or span[0] == span[1] else f"{what} are held")
    if out is not None and (span is None or span[0] <= out.day <= span[1]):
        say(f"  out already: the issue of {out.day}, {headline(out)}")


def release(
    days: Days = None,
    everything: All = False,
    restored: Annotated[
        bool, typer.Option("--restored", help="The hold of a restored or copied database, and no other.")
    ] = False,
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Lift holds.

    Days that came due under them stay empty, unless you fill them (publish DAY --force).

    Example: daily-dose release --all
    """
    if restored:
        _release_restored(days, everything=everything, json=json)
        return
    _days_or_all(days, edition, everything=everything)
    with opened() as room:
        span = days_in(room, days, edition) if days else None
        lifted = room.press.release(edition, span, now())
        empty = room.press.outlook.left_empty(now()) if lifted else {}
        if json:
            answer({"released": lifted, "empty": {slug: [str(day) for day in left] for slug, left in empty.items()}})
            return
        standing = room.desk.holds(now())
        say(_lifted(lifted, span, edition_of(room, edition).slug) if lifted or standing else "nothing was held")
        for slug, left in empty.items():
            say(f"  {stays_empty(left, slug)}")
        for held in standing:
            why = f": {held.reason}" if held.reason else ""
            say(f"  held: {_days_of(room, held)}{why} ({_releasing(room, held)})")


def _release_restored(days: str | None, *, everything: bool, json: bool) -> None:
    if days or everything:
        raise wrong("expected --restored alone: editors' holds are lifted by themselves")
    with opened() as room:
        lifted = room.press.guards.release_restored(now())
    if json:
        answer({"released": lifted, "empty": {}})
    else:
        say("this database sends again" if lifted else "this database was not held as a restored one")


def stays_empty(days: Sequence[date], edition: str) -> str:
    """Say that days which an edition was held on stay empty, and how to fill the newest of them."""
    which = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    was, stays = ("was", "stays") if len(days) == 1 else ("were", "stay")
    fill = f"daily-dose publish {days[-1]} --force --edition {edition}"
    return f"{which} {was} held and {stays} empty; to fill: {fill}"


def hold_shape(held: Hold) -> dict[str, object]:
    """Return a hold as JSON."""
    from newsletter.shapes import instant

    return {
        "edition": held.edition,
        "first": str(held.first) if held.first else None,
        "last": str(held.last) if held.last else None,
        "since": instant(held.since),
        "reason": held.reason,
        "origin": held.origin,
    }


def _lifted(number: int, span: tuple[date, date] | None, edition: str) -> str:
    """Say how many holds were lifted, where some were or others stand."""
    if number:
        return "1 hold lifted" if number == 1 else f"{number} holds lifted"
    if span is None:
        return "nothing was held but some days"
    days = f"{span[0]} of {edition} was" if span[0] == span[1] else f"{span[0]} to {span[1]} of {edition} were"
    return f"{days} not held"


def _days_of(room: Newsroom, held: Hold) -> str:
    """Name what is held; its edition too, where there are several."""
    several = held.first is not None and len(room.desk.editions()) > 1
    return f"{days_of(held)} of {held.edition}" if several else days_of(held)


def days_of(held: Hold) -> str:
    """Name the days of a hold."""
    if held.first is None:
        return "everything"
    return str(held.first) if held.first == held.last else f"{held.first} to {held.last}"


def _releasing(room: Newsroom, held: Hold) -> str:
    """Return the command that lifts a hold."""
    if held.first is None:
        return "daily-dose release --restored" if held.origin == "restored" else "daily-dose release --all"
    days = str(held.first) if held.first == held.last else f"{held.first}..{held.last}"
    first = edition_of(room, None).slug
    return f"daily-dose release {days}" + ("" if held.edition == first else f" --edition {held.edition}")


def _days_or_all(days: str | None, edition: str | None, *, everything: bool) -> None:
    if (days is None) is not everything:
        raise wrong("expected a day, a range DAY..DAY, or --all")
    if everything and edition is not None:
        raise wrong("--all is every edition: leave --edition out, or name the days")


def _tell(room: Newsroom, edition: str | None, *, json: bool) -> None:
    """Print the plans as they now stand."""
    lines = room.desk.line(edition)
    if json:
        answer([_shape(line) for line in lines])
        return
    if not lines:
        say("nothing is pinned or queued: add an entry with `daily-dose queue add ENTRY`")
    place = 0
    for line in lines:
        place += line.day is None
        where = str(line.day) if line.day else f"{place:>9}."
        remark = "; ".join(filter(None, (line.waiting.obstacle, line.warning, line.note)))
        say(f"{where}  {line.waiting.slug}" + (f"  ({remark})" if remark else ""))


def _shape(line: Line) -> dict[str, object]:
    return {
        "entry": line.waiting.slug,
        "day": str(line.day) if line.day else None,
        "obstacle": line.waiting.obstacle,
        "warning": line.warning,
        "note": line.note,
    }
