"""The room of subscribers and consent."""

from newsletter.circulation.circulation import Circulation, NoConsent, Reader

__all__ = ["Circulation", "NoConsent", "Reader"]
