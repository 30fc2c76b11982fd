"""The desk: where entries come in, the queue is steered, and editions are set up."""

from newsletter.desk.desk import Desk

__all__ = ["Desk"]
