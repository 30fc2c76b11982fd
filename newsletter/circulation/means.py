"""What the verbs of circulation need, and how they post a letter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from uuid import UUID, uuid4

from newsletter.archive import editions
from newsletter.delivery import letters
from newsletter.models import Edition, Publisher
from newsletter.readers.subscriptions import Standing
from newsletter.readers.suppressions import address_hash
from newsletter.render import letters as written
from newsletter.render.letters import Dress
from newsletter.render.links import Links
from newsletter.render.message import Letter, personal
from newsletter.store import Connection, Store
from newsletter.tokens import InvalidToken, Keyring, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A letter to be posted: *kind* says in a word what it is for."""

    kind: str
    letter: Letter
    edition: Edition
    address: str
    subscription_id: int
    #: The issue that a welcome brings.
    issue: UUID | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The store, the keys, and who publishes; *suppression_key* hashes addresses that must not be written to."""

    store: Store
    keys: Keyring
    publisher: Publisher
    suppression_key: bytes

    def hash_of(self, folded: str) -> str:
        """Return what an address is known by where it is not kept itself."""
        return address_hash(self.suppression_key, folded)

    def dress(self, connection: Connection, edition: Edition) -> Dress:
        """Return what letters of an edition are set with."""
        slug = None if editions.is_first(connection, edition.slug) else edition.slug
        return Dress(edition=edition, publisher=self.publisher, links=Links(self.publisher.base_url, slug))

    def new_message_id(self, edition: Edition) -> str:
        """Return a Message-ID for a letter of an edition."""
        sender = parseaddr(edition.sender or self.publisher.sender)[1]
        return f"<{uuid4().hex}@{sender.rpartition('@')[2] or 'localhost'}>"

    def post(self, connection: Connection, post: Post, now: datetime) -> None:
        """Queue a letter in the caller's transaction."""
        message_id = post.message_id or self.new_message_id(post.edition)
        mail = personal(
            post.letter,
            to=post.address,
            sender=post.edition.sender or self.publisher.sender,
            reply_to=self.publisher.reply_to,
            message_id=message_id,
            date=now,
            language=post.edition.language,
            boundary=uuid4().hex,
        )
        letters.post(
            connection,
            post.kind,
            address=post.address,
            mail=mail,
            message_id=message_id,
            due_at=now,
            subscription_id=post.subscription_id,
            issue=post.issue,
        )

    def say_goodbye(self, connection: Connection, standing: Standing, now: datetime) -> None:
        """Post the last letter to a reader who leaves, with the way back."""
        edition = editions.get(connection, standing.edition)
        letter = written.goodbye(self.dress(connection, edition), self.way_out(standing, now))
        post = Post(
            kind="goodbye", letter=letter, edition=edition, address=standing.address, subscription_id=standing.id
        )
        self.post(connection, post, now)

    def way_out(self, standing: Standing, now: datetime) -> str:
        """Return the token by which a reader leaves, and comes back."""
        return self.keys.seal_for_mail(Purpose.UNSUBSCRIBE, standing.uid.bytes, now)


def uid_in(subject: bytes) -> UUID:
    """Return the subscription that a token is about; raise `InvalidToken`."""
    try:
        return UUID(bytes=subject)
    except ValueError:
        raise InvalidToken from None
