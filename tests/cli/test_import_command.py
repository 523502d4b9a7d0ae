from __future__ import annotations

import gzip
import io
import sys
from typing import TYPE_CHECKING

import pytest

from store.store import Store
from tests.proxy.importers.samples import entry, har_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]


def lines(said: Said) -> list[str]:
    """What stays on the terminal once the progress bar is gone."""
    return [line for line in said.err.splitlines() if line.strip()]


def test_a_file_goes_into_the_store(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har_of(entry(), entry(time=1)))
    said = defacto("import", "a.har", "--producer", "orders")
    assert (said.code, said.out, lines(said)) == (0, "", ["a.har (HAR): 2 added"])
    with Store.open("defacto.db", create=False) as store:
        assert [(one.producer, one.path, one.source) for one in store.exchanges()] == [
            ("orders", "/orders/42", "a.har")
        ] * 2


def test_the_same_file_twice_adds_nothing(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har_of(entry(), entry(), entry(time=1)))
    (tmp_path / "b.har.gz").write_bytes(gzip.compress(har_of(entry(time=1), entry(time=2))))
    assert lines(defacto("import", "a.har")) == ["a.har (HAR): 3 added"]
    again = defacto("import", "a.har", "b.har.gz")
    assert lines(again) == [
        "a.har (HAR): 0 added, 3 there already",
        "b.har.gz (HAR): 1 added, 1 there already",
    ]
    assert again.code == 0


def test_what_cannot_be_read_is_named_and_the_other_files_are_imported(
    defacto: Defacto, tmp_path: Path
) -> None:
    (tmp_path / "words.txt").write_text("hello")
    (tmp_path / "cut.har").write_bytes(har_of(entry())[:200])
    (tmp_path / "folder").mkdir()
    (tmp_path / "good.har").write_bytes(har_of(entry()))
    said = defacto("import", "no.har", "words.txt", "cut.har", "folder", "good.har")
    assert said.code == 3
    assert lines(said) == [
        "no.har: No such file or directory",
        "words.txt: words.txt is no recording that defacto knows.",
        "  It reads an Envoy tap or HAR or mitmproxy flows or a packet capture (pcap, pcapng).",
        "cut.har (HAR): 0 added",
        "  not read to its end: it is cut off",
        "folder: Is a directory",
        "good.har (HAR): 1 added",
    ]


def test_broken_entries_are_named_and_then_counted(defacto: Defacto, tmp_path: Path) -> None:
    broken = [entry(startedDateTime=...)] * 6 + [entry(request={"url": "data:,\x1b[2J"})] * 2
    (tmp_path / "a.har").write_bytes(har_of(entry(), *broken))
    said = defacto("import", "a.har")
    assert said.code == 0
    assert lines(said) == [
        "a.har (HAR): 1 added, 8 left out",
        *(f"  entry {number}: startedDateTime is missing" for number in range(2, 7)),
        "  … in all: 6 × startedDateTime is missing, 2 × its URL is not HTTP",
    ]


def test_a_file_that_is_cut_off_says_so(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har_of(entry(), entry(time=1))[:-200])
    said = defacto("import", "a.har")
    assert (said.code, lines(said)) == (
        0,
        ["a.har (HAR): 1 added", "  not read to its end: it is cut off, after entry 1"],
    )


def test_an_empty_recording_is_fine(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har_of())
    assert defacto("import", "a.har").code == 0


def test_standard_input(defacto: Defacto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(har_of(entry()))))
    assert lines(defacto("import", "-")) == ["standard input (HAR): 1 added"]


def test_standard_input_twice(defacto: Defacto) -> None:
    assert defacto("import", "-", "-").code == 2


def test_a_name_cannot_reach_the_terminal(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "\x1b[2J[red].har").write_bytes(har_of(entry()))
    assert lines(defacto("import", "\x1b[2J[red].har")) == ["\\x1b[2J[red].har (HAR): 1 added"]


def test_secrets_do_not_reach_the_store(defacto: Defacto, tmp_path: Path) -> None:
    secret = "hunter2-9f8e7d6c5b4a"
    headers = [{"name": "Authorization", "value": f"Bearer {secret}"}]
    message = {"type": "send", "time": 1, "data": f'{{"password":"{secret}"}}'}
    upgrade = entry(request={"headers": headers}, response={"status": 101}, _webSocketMessages=[message])
    (tmp_path / "a.har").write_bytes(har_of(upgrade))
    said = defacto("import", "a.har")
    assert lines(said) == ["a.har (HAR): 1 added, 1 WebSocket messages added"]
    for path in tmp_path.glob("defacto.db*"):
        assert secret.encode() not in path.read_bytes()
    with Store.open("defacto.db", create=False) as store:
        (exchange,) = store.exchanges()
        (kept,) = store.messages(exchange=exchange.id)
    assert kept.payload is not None
    assert kept.payload.content.startswith(b'{"password":')
    assert secret.encode() not in kept.payload.content
    assert (kept.redacted, kept.publisher, kept.consumer) == (1, exchange.identity, None)
    assert (kept.channel, kept.protocol, kept.sequence) == ("/orders/42", "websocket", 0)


def test_the_configuration_names_consumers(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "defacto.toml").write_text(
        '[[consumer]]\nname = "Billing team"\nidentities = ["user-agent:billing"]\n'
    )
    (tmp_path / "a.har").write_bytes(har_of(entry()))
    assert defacto("import", "a.har", "--config", "defacto.toml").code == 0
    with Store.open("defacto.db", create=False) as store:
        assert [one.name for one in store.consumers()] == ["Billing team"]


def test_large_files_are_written_in_batches(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "a.har").write_bytes(har_of(*(entry(time=number) for number in range(2100))))
    assert lines(defacto("import", "a.har")) == ["a.har (HAR): 2,100 added"]
    with Store.open("defacto.db", create=False) as store:
        assert len(store.unfolded()) == 3
