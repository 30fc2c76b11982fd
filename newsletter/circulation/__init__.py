"""The room of subscribers and consent."""

from newsletter.circulation.circulation import Circulation, NoConsent, Reader
from newsletter.circulation.lists import has_suppressions

__all__ = ["Circulation", "NoConsent", "Reader", "has_suppressions"]
