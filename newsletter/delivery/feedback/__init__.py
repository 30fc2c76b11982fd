"""What comes back by mail: where it is read, and what it says."""

from newsletter.delivery.feedback.parts import ENOUGH
from newsletter.delivery.feedback.reading import read
from newsletter.delivery.feedback.refusals import refusal

__all__ = ["ENOUGH", "read", "refusal"]
