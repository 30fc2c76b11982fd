"""What the headers of a mailing say of the list that it comes from, to mail programs and providers."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, urlsplit

from newsletter.models import Edition, Publisher
from newsletter.render.links import Links
from newsletter.render.templates import contact_address

#: Begins the address that a reader leaves by, before a plus sign and the token.
LEAVE_MAILBOX = "u"
#: Letters of a sender's id: Gmail takes 5 to 15.
_SENDER_ID = 12


def of_mailing(*, edition: Edition, publisher: Publisher, links: Links, page: str, leave: str) -> dict[str, str]:
    """
    Return the headers of a mailing's list (RFC 2369, RFC 2919), of its page (RFC 5064) and of leaving by one click.

    *leave* is a reader's token. Without a domain whose mail comes back to us nobody would read a mail that asks to
    leave, and none is asked for.
    """
    ways = [f"<{links.unsubscribe(leave)}>"]
    if publisher.bounce_domain:
        ways.append(f"<mailto:{LEAVE_MAILBOX}+{leave}@{publisher.bounce_domain}?subject=unsubscribe>")
    return {
        "List-Id": f"<{_slug(edition)}.{urlsplit(publisher.base_url).hostname or 'localhost'}>",
        "List-Unsubscribe": ", ".join(ways),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Subscribe": f"<{links.subscribe()}>",
        "List-Archive": f"<{links.archive()}>",
        "List-Help": f"<{links.about()}>",
        "List-Owner": f"<{contact_address(publisher.contact)}>",
        "List-Post": "NO",
        "Archived-At": f"<{page}>",
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
    }


def feedback_id(key: str, edition: Edition, kind: str, sender: str) -> str:
    """
    Return what Gmail counts complaints by: the mailing, the edition, its kind, and who sends.

    It must not be unique for each mail, or nothing is counted; the last part is the same in all that *sender*'s
    domain sends.
    """
    domain = sender.rpartition("@")[2].lower()
    whose = hashlib.sha256(domain.encode()).hexdigest()[:_SENDER_ID]
    return ":".join((quote(key, safe=""), _slug(edition), kind, whose))


def _slug(edition: Edition) -> str:
    """Return an edition's slug in the letters of an atom (RFC 5322, 3.2.3); slugs may be of any script."""
    return quote(edition.slug, safe="")
