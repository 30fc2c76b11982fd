"""What the press's tests share."""

from __future__ import annotations

import pytest
from rooms import Room, many

from newsletter.press.press import Press


@pytest.fixture
def press(room: Room) -> Press:
    """Give the press of a room with sixty entries, none of which is an anniversary."""
    room.add(*many(60))
    return room.press
