"""Text as recordings give it, made fit for records."""

from __future__ import annotations


def readable(text: str) -> str:
    """Text that UTF-8 can hold: a lone surrogate, which JSON can hold, becomes `?`."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def field_value(text: str) -> str:
    """A header field's name or value as `proxy.raw` wants it: bytes read as ISO-8859-1, no outer white space.

    Recordings show the bytes read as UTF-8, what is not UTF-8 as lone surrogates (mitmproxy), so this is
    exact.
    """
    if not text.isascii():
        try:
            text = text.encode("utf-8", "surrogateescape").decode("iso-8859-1")
        except UnicodeEncodeError:  # a surrogate that stands for no byte
            text = readable(text)
    return text.strip(" \t\r\n")


def utf8(text: str) -> bytes:
    """Lone surrogates that stand for bytes become those bytes again, others are written as they are."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
