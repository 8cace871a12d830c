"""The languages: those in which the house speaks, and those that are spoken at the door."""

from __future__ import annotations

OFFERED = {"en": "English", "es": "Español"}

# For proving right-to-left layouts before there is a right-to-left catalogue; offered only where a test asks for it.
PSEUDO = "ar-XB"

SPOKEN = {
    "en": "English", "es": "Español", "pl": "Polski", "zh": "中文 (普通话)", "yue": "粵語", "ar": "العربية",
    "hi": "हिन्दी", "ur": "اردو", "tl": "Tagalog", "uk": "Українська", "ko": "한국어", "vi": "Tiếng Việt",
    "gu": "ગુજરાતી", "fr": "Français", "ht": "Kreyòl ayisyen", "ru": "Русский", "sw": "Kiswahili", "ps": "پښتو",
    "ti": "ትግርኛ", "my": "မြန်မာ",
}  # fmt: skip

RIGHT_TO_LEFT = {"ar", "fa", "he", "ps", "ur", PSEUDO}


def direction(language: str) -> str:
    """`rtl` or `ltr`, for the dir attribute."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def second(language: str) -> str:
    """The language that stands below the first one in a letter."""
    return "es" if language == "en" else "en"


def written(language: str) -> str:
    """The language a letter is written in: the wished one where we have it, English otherwise."""
    return language if language in OFFERED else "en"
