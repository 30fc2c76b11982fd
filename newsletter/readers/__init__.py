"""Subscribers, their subscriptions, and the consent they gave."""
