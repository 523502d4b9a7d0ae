from __future__ import annotations

import gzip
import io
import zlib

import pytest

from proxy.importers.formats import open_recording
from proxy.importers.recording import Cut, Recorded
from store.errors import DefactoError
from tests.proxy.importers.samples import entry, har_of

HAR = har_of(*(entry(time=number) for number in range(200)))


@pytest.mark.parametrize(
    "data",
    [
        HAR,
        b"\xef\xbb\xbf" + HAR,
        b"\n  " + HAR,
        gzip.compress(HAR, mtime=0),
        gzip.compress(HAR[:100], mtime=0) + gzip.compress(HAR[100:], mtime=0),
        zlib.compress(HAR, 9),
        HAR.decode().encode("utf-16"),
    ],
    ids=["plain", "bom", "space", "gzip", "members", "zlib", "utf-16"],
)
def test_a_har_is_known_by_its_content(data: bytes) -> None:
    name, items = open_recording(io.BytesIO(data), "flows.mitm", "")
    assert name == "HAR"
    assert [type(item) for item in items] == [Recorded] * 200


def test_a_compressed_file_that_is_cut_off_keeps_what_came_before() -> None:
    data = gzip.compress(HAR, mtime=0)
    _, items = open_recording(io.BytesIO(data[: len(data) // 2]), "a.har.gz", "")
    *recorded, last = items
    assert len(recorded) > 10
    assert isinstance(last, Cut)


def test_a_compressed_file_that_is_corrupt_keeps_what_came_before() -> None:
    data = bytearray(gzip.compress(HAR, mtime=0))
    data[len(data) // 2] ^= 0xFF
    _, items = open_recording(io.BytesIO(bytes(data)), "a.har.gz", "")
    assert len(list(items)) > 10


def test_a_flow_file_is_known_by_its_content() -> None:
    assert open_recording(io.BytesIO(b"123:7:version"), "x.har", "")[0] == "mitmproxy flows"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "x is empty."),
        (b"# words", "x is no recording that defacto knows."),
        (gzip.compress(b"", mtime=0), "x is empty."),
    ],
)
def test_anything_else_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(DefactoError) as caught:
        open_recording(io.BytesIO(data), "x", "")
    assert caught.value.message == said
    assert (
        caught.value.hint
        == "It reads an Envoy tap or HAR or mitmproxy flows or a packet capture (pcap, pcapng)."
    )
