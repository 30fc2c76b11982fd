"""The press: what makes issues and sends them."""

from newsletter.press.press import Press

__all__ = ["Press"]
