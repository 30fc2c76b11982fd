"""The room of subscribers and consent."""

from newsletter.circulation.circulation import Circulation, NoConsent, Reader
from newsletter.circulation.feedback import Intake
from newsletter.circulation.forms import TooSoon
from newsletter.circulation.joining import Confirmation, Wish
from newsletter.circulation.lists import has_suppressions

__all__ = [
    "Circulation",
    "Confirmation",
    "Intake",
    "NoConsent",
    "Reader",
    "TooSoon",
    "Wish",
    "has_suppressions",
]
