"""The doctor: `check`, and what it looks at of mail."""

from __future__ import annotations

from email.utils import parseaddr
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli.terminal import Application, Json, answer, now, opened, say, wrong
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from newsletter.delivery.doctor.findings import Finding
    from newsletter.settings import Settings


def add_to(app: Application) -> None:
    """Add this command."""
    app.command()(check)


def check(
    what: Annotated[str | None, typer.Argument(metavar="[dns|mail]", help="Look at this, and nothing else.")] = None,
    server: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="With dns: ask this name server, such as 192.0.2.53.")
    ] = None,
    json: Json = False,
) -> None:
    """List the settings, and what is wrong and how to mend it.

    With `mail`, look at the settings, keys and relay that mail goes out by, as the large providers do; with `dns`, at
    what DNS says of its sender. Exit status 1 if anything is wrong.

    Example: daily-dose check dns
    """
    if what not in (None, "dns", "mail"):
        raise wrong(f"expected dns, mail or nothing, got {what!r}")
    if server is not None and what != "dns":
        raise wrong("--server is for `check dns`")
    if what is None:
        _check_all(json=json)
    else:
        _tell(_dns(server) if what == "dns" else _mail(), json=json)


def _check_all(*, json: bool) -> None:
    from newsletter.settings import read_settings

    rows = read_settings().described()
    problems = _problems()
    if json:
        settings = [{"name": row.name, "value": row.value, "origin": row.origin} for row in rows]
        answer({"settings": settings, "problems": problems})
    else:
        width = max(len(row.name) for row in rows)
        for row in rows:
            say(f"{row.name:<{width}}  {row.value or '-'}  ({row.origin})")
        for problem in problems:
            say(f"problem: {problem}")
    _conclude(problems, json=json)


def _problems() -> list[str]:
    try:
        with opened() as room:
            overviews = [room.press.outlook.overview(edition.slug, now()) for edition in room.desk.editions()]
            found = [problem for overview in overviews for problem in overview.problems]
            return found + room.press.faults(now()) + room.intake.problems(now())
    except NewsletterError as error:
        return [str(error)]  # what keeps a command from its work is the first thing that a doctor tells


def _dns(server: str | None) -> list[Finding]:
    from newsletter.bootstrap import route_of
    from newsletter.delivery.doctor.dns_check import Identity, check_dns
    from newsletter.delivery.doctor.names import Names, resolver
    from newsletter.settings import read_settings

    settings = read_settings()
    try:
        asked = resolver(server)
    except ValueError as error:
        raise wrong(f"--server: expected an IP address, with a port or without, got {server!r}") from error
    route = route_of(settings)
    identity = Identity(
        domains=_domains(settings),
        bounce_domain=settings.bounce_domain,
        keys=settings.dkim_keys,
        relay=route.relay if route else None,
    )
    return check_dns(identity, Names(asked))


def _mail() -> list[Finding]:
    from newsletter.bootstrap import route_of
    from newsletter.delivery.doctor.mail_check import check_mail
    from newsletter.settings import read_settings

    settings = read_settings()
    return check_mail(settings, route_of(settings))


def _domains(settings: Settings) -> list[str]:
    """Return the domains that mail is from: the setting's, and those of editions with a sender of their own."""
    senders = [settings.from_address]
    try:
        with opened() as room:
            senders += [edition.sender for edition in room.desk.editions() if edition.sender]
    except NewsletterError:
        pass  # an archive that is not there yet has no editions
    return list(dict.fromkeys(parseaddr(sender)[1].rpartition("@")[2].lower() for sender in senders))


def _tell(findings: list[Finding], *, json: bool) -> None:
    from newsletter.delivery.doctor.findings import Weight

    problems = [str(finding) for finding in findings if finding.weight is Weight.PROBLEM]
    if json:
        shapes = [{"weight": each.weight, "about": each.about, "text": each.text} for each in findings]
        answer({"findings": shapes, "problems": problems})
    else:
        for finding in findings:
            say(f"{finding.weight}: {finding}")
    _conclude(problems, json=json)


def _conclude(problems: list[str], *, json: bool) -> None:
    """Say how many problems there are; exit 1 if any."""
    if not json:
        say({0: "nothing is wrong", 1: "1 problem"}.get(len(problems), f"{len(problems)} problems"))
    if problems:
        raise typer.Exit(1)
