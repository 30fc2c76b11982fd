"""Which entry, and when: pure decisions, and the clock that asks for them."""
