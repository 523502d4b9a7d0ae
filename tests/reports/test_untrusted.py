"""Nothing that a stranger wrote acts where it is shown."""

from __future__ import annotations

import csv
import io
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from reports.untrusted import for_csv, for_terminal

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
@example("\x1b[2J\x9b\r\n\u202e\ud800\U000e0041")
def test_a_terminal_gets_no_controls_and_one_line(text: str) -> None:
    shown = for_terminal(text)
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in shown)
    assert not any(unicodedata.bidirectional(character) in BIDI for character in shown)
    shown.encode()


BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert for_terminal(text) == text


def test_what_acts_is_shown_and_not_dropped() -> None:
    assert for_terminal("a\x1b[31mb\u202ec\U000e0041") == r"a\x1b[31mb\u202ec\U000e0041"


@given(ANY_TEXT)
@example("=1+1")
@example("\t=1")
@example(" @SUM(A1)")
@example("-2+3")
def test_no_cell_is_a_formula(text: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([for_csv(text)])
    (cell,) = next(csv.reader(io.StringIO(buffer.getvalue())))
    assert not cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))
