from __future__ import annotations

import pytest

from proxy.quantities import Age, Size

SECOND = 10**9


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("90m", 5_400), ("36h", 129_600), (" 14 d ", 1_209_600), ("2w", 1_209_600)],
)
def test_ages(text: str, seconds: int) -> None:
    assert Age(text) == seconds * SECOND


@pytest.mark.parametrize("text", ["", "14", "d", "-1d", "1.5d", "14days", "1D"])
def test_what_is_no_age(text: str) -> None:
    with pytest.raises(ValueError, match="is no age: write 90m, 36h, 14d or 2w"):
        Age(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1000", 1000), ("500MB", 500_000_000), ("2gb", 2 * 10**9), ("2GiB", 2 << 30), ("1.5 k", 1500),
        ("0.5GiB", 1 << 29), ("3TB", 3 * 10**12), ("7 b", 7), ("64Mi", 64 << 20),
    ],
)  # fmt: skip
def test_sizes(text: str, expected: int) -> None:
    assert Size(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "2XB", "2iB", "1e9", "2 G B"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is no size: write 500MB, 2GB or 2GiB"):
        Size(text)
