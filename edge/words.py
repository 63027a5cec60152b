"""What people read: Chinese first, English beside it, from a gettext catalogue that is read as it is."""

from collections.abc import Mapping
from pathlib import Path

from babel.messages.pofile import read_po


class Words:
    """The texts of one program. The key of a text is its English; a text without translation is a KeyError."""

    def __init__(self, translated: Mapping[str, str]) -> None:
        """Take the translations, from English to the catalogue's language: Chinese, unless another one was asked for."""
        self._translated = translated

    @classmethod
    def load(cls, folder: Path, domain: str, language: str = "zh_CN") -> "Words":
        """Read `{folder}/{language}/LC_MESSAGES/{domain}.po`. Raises OSError when it is not there."""
        with (folder / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
            catalogue = read_po(file, locale=language)
        return cls({str(text.id): str(text.string) for text in catalogue if text.id and text.string})

    def translated(self, text: str) -> str:
        """Return the text in the catalogue's language."""
        return self._translated[text]

    def zh(self, text: str) -> str:
        """Return the Chinese."""
        return self._translated[text]

    def en(self, text: str) -> str:
        """Return the English, and insist that the Chinese exists."""
        if text not in self._translated:
            raise KeyError(text)
        return text

    def both(self, text: str, separator: str = " / ") -> str:
        """Return Chinese first, English beside it."""
        return f"{self._translated[text]}{separator}{text}"
