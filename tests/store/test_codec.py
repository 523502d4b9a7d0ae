from __future__ import annotations

from hypothesis import given

from store.codec import decode_exchange, decode_message, encode_exchange, encode_message
from store.records import Exchange, Message
from store.tables import exchanges as exchanges_table
from store.tables import messages as messages_table
from tests.store.strategies import exchanges, messages


@given(exchanges)
def test_an_exchange_survives_its_row(exchange: Exchange) -> None:
    contents: dict[bytes, bytes] = {}
    row = encode_exchange(exchange, contents)
    assert set(row) | {"seq", "batch"} == set(exchanges_table.c.keys())
    assert decode_exchange(row, contents) == exchange


@given(messages)
def test_a_message_survives_its_row(message: Message) -> None:
    contents: dict[bytes, bytes] = {}
    row = encode_message(message, contents)
    assert set(row) | {"seq", "batch"} == set(messages_table.c.keys())
    assert decode_message(row, contents) == message
