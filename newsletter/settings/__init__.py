"""What an operator can set, and what a value may be."""

from newsletter.settings.settings import Settings, WrongSetting, read_settings

__all__ = ["Settings", "WrongSetting", "read_settings"]
