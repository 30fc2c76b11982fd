"""The ledger of who is sent what, and the outbox that it is sent to."""
