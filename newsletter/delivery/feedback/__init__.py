"""What comes back by mail: where it is read, and what it says."""

from newsletter.delivery.feedback.parts import ENOUGH
from newsletter.delivery.feedback.reading import read

__all__ = ["ENOUGH", "read"]
