"""Texts of others: without what a terminal obeys (escape sequences, marks that turn the line)."""

import io
import re
from typing import Any, TextIO

OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls but for tab and line feed
    "\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen
    "\ud800-\udfff"  # halves of pairs: what Python makes of file names that are not UTF-8
    "\U000e0000-\U000e007f]"  # tags
)
SEEN = "\N{REPLACEMENT CHARACTER}"


def names(text: str) -> tuple[str, ...]:
    """Return names that commas part, as users type them."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def plain(text: str) -> str:
    """Return a text in one line, with a replacement character for each that would be obeyed."""
    return OBEYED.sub(SEEN, re.sub(r"\r?\n|\t", " ", text))


def plain_lines(text: str) -> str:
    """Return a text likewise, its lines kept."""
    return OBEYED.sub(SEEN, text.replace("\r\n", "\n"))


def is_plain(json: bytes) -> bool:
    """Return whether nothing in a JSON text could be obeyed, looking at its bytes only.

    Anything that could be is written with a backslash, or is not ASCII, or is DEL; False for what
    takes a closer look.
    """
    return json.isascii() and b"\\" not in json and b"\x7f" not in json


def plain_values(value: Any) -> Any:
    """Return decoded JSON with `plain` texts, those under the key ``log`` with their lines."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        # Nearly all lists are of numbers, and nearly all values are in lists.
        return [
            plain_values(item) if isinstance(item, str | list | dict) else item for item in value
        ]
    if isinstance(value, dict):
        return {
            plain(key): plain_lines(item)
            if key == "log" and isinstance(item, str)
            else plain_values(item)
            for key, item in value.items()
        }
    return value


def escape_what_cannot_be_printed(*streams: TextIO) -> None:
    """Print an escape for a character, such as ×, that the encoding of a terminal lacks."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
