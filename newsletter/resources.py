"""Where the data folders are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

from newsletter.errors import NewsletterError


class MissingFolder(NewsletterError):
    """The installation lacks one of its data folders."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the folder {name!r} is missing from this installation: install it again")


def folder(name: str) -> Path:
    """Return the data folder *name* (`templates`, `seeds`); raise `MissingFolder` if there is none."""
    package = Path(__file__).parent
    for candidate in (package / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise MissingFolder(name)
