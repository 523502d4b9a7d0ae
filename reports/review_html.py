"""The review as a page for a projector, a printer and whoever was not there: numbers open their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import review_words
from reports.html import file

if TYPE_CHECKING:
    from reports.review import Review


def review_html(review: Review) -> str:
    """The review."""
    return file(
        "review.html",
        "review.css",
        review=review,
        verdict=review.verdict,
        told=review_words,
        generated_at=review.generated_at,
        window=review.window,
        capture=review.capture,
        operations=(),
    )
