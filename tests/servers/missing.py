"""What a test needs from the machine, and what to say when it is not there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str, *, install: str) -> NoReturn:
    """Fail in CI, where everything must be tested; elsewhere skip. Both say what to *install*."""
    message = f"{what} is not on this machine: {install}"
    if os.environ.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
