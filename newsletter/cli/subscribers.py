"""Commands of subscribers: add, list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.terminal import Application, EditionSlug, Json, answer, now, opened, say

if TYPE_CHECKING:
    from newsletter.readers.subscribers import Subscriber

subscribers = Application("The readers who get the mail.")


def add_to(app: Application) -> None:
    """Add these commands."""
    app.add_typer(subscribers, name="subscribers")


@subscribers.command("add")
def add(
    addresses: Annotated[list[str], typer.Argument(metavar="ADDRESS...", help="Mail addresses.")],
    consent: Annotated[str, typer.Option(metavar="TEXT", help="How, when and where they asked for the mail.")] = "",
    edition: EditionSlug = None,
    json: Json = False,
) -> None:
    """Subscribe addresses, confirmed on the operator's word.

    Example: daily-dose subscribers add reader@example.org --consent "asked by letter, 3 May 2026"
    """
    with opened() as room:
        new = room.circulation.add(edition, addresses, consent, now())
    if json:
        answer({"added": new})
    else:
        say(f"{len(new)} added, {len(addresses) - len(new)} known already")


@subscribers.command("list")
def list_(json: Json = False) -> None:
    """List every subscriber with their subscriptions.

    Example: daily-dose subscribers list --json
    """
    with opened() as room:
        every = room.circulation.every()
    if json:
        answer([_shape(each) for each in every])
        return
    if not every:
        say("nobody is subscribed: daily-dose subscribers add ADDRESS --consent TEXT")
    for each in every:
        held = ", ".join(f"{one.edition} {one.state}" for one in each.subscriptions)
        say(f"{each.address}  {each.state}  {held}")


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
