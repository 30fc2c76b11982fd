"""The command line: parse, call one verb, print."""

from newsletter.cli.app import main

__all__ = ["main"]
