"""The room of subscribers and consent."""

from newsletter.circulation.circulation import Circulation, NoConsent, Reader
from newsletter.circulation.feedback import Intake

__all__ = ["Circulation", "Intake", "NoConsent", "Reader"]
