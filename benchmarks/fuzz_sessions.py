"""Valid sessions of brokers' protocols for `benchmarks.fuzz` to mutate: what the tests play, and longer."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

from pamqp import commands

from tests.proxy.decoders import amqp_by_hand, kafka_playing, mqtt_by_hand, nats_playing, redis_playing
from tests.proxy.decoders.socket_playing import framed, handshake

Step = tuple[str, bytes]


def amqp() -> list[list[Step]]:
    basic, sent = commands.Basic, amqp_by_hand.sent
    opened = [("c", amqp_by_hand.GREETING + amqp_by_hand.started())]
    consuming = [
        *opened,
        ("c", sent(basic.Qos(0, 10, False), basic.Consume(queue="billing.orders", consumer_tag="c1"))),
        ("s", sent(basic.QosOk(), basic.ConsumeOk("c1"))),
        ("s", b"".join(amqp_by_hand.delivery(tag, b'{"id": 1}', message_id="m") for tag in (1, 2, 3))),
        ("c", sent(basic.Ack(2, True), basic.Reject(3, True))),
        ("s", amqp_by_hand.delivery(4, b"x" * 300, redelivered=True, headers={"x-delivery-count": 1})),
        ("c", sent(basic.Nack(4, False, False), basic.Cancel("c1"))),
    ]
    publishing = [
        *opened,
        ("c", sent(commands.Confirm.Select(), commands.Queue.Declare(queue="q"))),
        ("s", sent(commands.Confirm.SelectOk(), commands.Queue.DeclareOk("q", 0, 0))),
        ("c", amqp_by_hand.published(payload=b'{"id": 1}') + amqp_by_hand.published("order.paid", b"")),
        ("s", sent(basic.Ack(1, False), basic.Nack(2, False))),
        ("c", sent(commands.Tx.Select()) + amqp_by_hand.published() + sent(commands.Tx.Commit())),
        ("s", sent(commands.Tx.SelectOk(), commands.Tx.CommitOk())),
    ]
    getting = [
        *opened,
        ("c", sent(basic.Get(queue="billing.orders"))),
        ("s", amqp_by_hand.message(basic.GetOk(1, False, "shop", "order.created", 0), b"{}")),
        ("c", sent(basic.Ack(1), basic.Get(queue="empty"), channel=1)),
        ("s", sent(basic.GetEmpty())),
    ]
    return [consuming, publishing, getting]


def kafka() -> list[list[Step]]:
    play = kafka_playing
    opened: list[Step] = [*play.OPENED, play.request(play.METADATA, 12, 1), play.metadata((None, "orders"))]
    records = play.batch(b'{"id": 1}', (b"k", b"v", [("h", b"w")]), None)
    publishing = [
        *opened,
        play.produce(("orders", 0, records), ("orders", 1, play.batch(b"x" * 200, codec=1)), correlation=2),
        play.produced(("orders", 0, 7), ("orders", 1, 9), correlation=2),
        play.produce(("orders", 0, records), acks=0, correlation=3),
    ]
    fetching = [
        *opened,
        play.request(11, 6, 2, group_id="billing"),
        play.bare_reply(2),
        play.fetch(("orders", 0, 0), correlation=3),
        play.fetched(("orders", 0, play.batch(b"1", b"2")), correlation=3, aborted=[(1, 0)]),
        play.request(
            play.OFFSET_COMMIT,
            8,
            4,
            group_id="billing",
            topics=[{"name": "orders", "partitions": [{"partition_index": 0, "committed_offset": 2}]}],
        ),
        play.reply(
            play.OFFSET_COMMIT, 8, 4, topics=[{"name": "orders", "partitions": [{"partition_index": 0}]}]
        ),
    ]
    token = b".".join(
        urlsafe_b64encode(part).rstrip(b"=") for part in (b'{"alg":"none"}', b'{"sub":"a"}', b"x")
    )
    tokens = {
        "PLAIN": [b"\0alice\0hush"],
        "SCRAM-SHA-256": [b"n,,n=bob,r=hush", b"c=biws,r=hush,p=hush"],
        "OAUTHBEARER": [b"n,,\1auth=Bearer " + token + b"\1\1"],
    }
    return [
        publishing,
        fetching,
        *(_shown(name, version, tokens[name]) for name in tokens for version in (0, 1)),
    ]


def _shown(mechanism: str, version: int, tokens: list[bytes]) -> list[Step]:
    play = kafka_playing
    steps = [*play.OPENED, play.request(17, version, 1, mechanism=mechanism), play.bare_reply(1)]
    for number, token in enumerate(tokens, 2):
        if version == 0:
            steps += [("c", play.framed(token)), ("s", play.framed(b"r=hush"))]
        else:
            steps += [play.request(36, 2, number, auth_bytes=token), play.bare_reply(number)]
    return [*steps, play.produce(("orders", 0, play.batch(b"1")), acks=0, correlation=9)]


def mqtt() -> list[list[Step]]:
    play = mqtt_by_hand
    subscribe = play.packet(0x82, play.short(1), play.text("orders/#"), b"\1")
    suback = play.packet(0x90, play.short(1), b"\1")
    begun = [("c", play.connect()), ("s", play.connack())]
    once = [
        *begun,
        ("c", subscribe),
        ("s", suback),
        ("c", play.publish(payload=b'{"id": 1}', qos=1, number=2)),
        ("s", play.word(play.PUBACK, 2) + play.publish("orders/1", b"x" * 300, qos=1, number=3)),
        ("c", play.word(play.PUBACK, 3) + play.publish("retained", b"{}", flags=1)),
    ]
    exactly_once = [
        *begun,
        ("c", play.publish(qos=2, number=1)),
        ("s", play.word(play.PUBREC, 1)),
        ("c", play.word(play.PUBREL, 1)),
        ("s", play.word(play.PUBCOMP, 1) + play.publish(qos=2, number=5)),
        ("c", play.word(play.PUBREC, 5)),
        ("s", play.word(play.PUBREL, 5)),
        ("c", play.word(play.PUBCOMP, 5)),
    ]
    said = play.properties(
        b"\x03" + play.text("application/json"), b"\x23\x00\x01", b"\x26" + play.text("a") * 2
    )
    five = [
        ("c", play.connect(5, user="alice", password="hush", will=True)),
        ("s", play.connack(5)),
        ("c", play.publish(qos=1, props=said)),
        ("s", play.word(play.PUBACK, 1, 0x10, 0)),
        ("c", play.publish("", qos=1, number=2, props=play.properties(b"\x23\x00\x01"))),
    ]
    return [once, exactly_once, five]


def nats() -> list[list[Step]]:
    play = nats_playing
    plain = [
        *play.OPENED,
        ("c", b"SUB orders.* workers 1\r\nUNSUB 1 5\r\n"),
        play.pub("orders.new", b'{"id": 1}'),
        play.msg("orders.new", b'{"id": 1}'),
        ("c", play.headed("HPUB", "orders.new", b"NATS/1.0\r\nA: b\r\n\r\n", b"{}")),
        ("s", play.headed("HMSG", "orders.new 1", b"NATS/1.0 404 No Messages\r\n\r\n")),
        play.pub("ask", b"ping", "_INBOX.a.1"),
        play.msg("_INBOX.a.1", b"pong"),
    ]
    stream = [
        *play.OPENED,
        play.CREATED,
        play.api_answer("mail", ack_policy="explicit", durable_name="mail"),
        play.pub("orders.new", b"{}", "_INBOX.a.2"),
        play.msg("_INBOX.a.2", b'{"stream":"ORDERS","seq":4}'),
        play.msg("orders.new", b"{}", play.ack_subject(4)),
        play.pub(play.ack_subject(4), b"+ACK", "_INBOX.a.3"),
        play.msg("orders.new", b"{}", play.ack_subject(5, delivered=2)),
        play.pub(play.ack_subject(5), b"-NAK"),
    ]
    return [plain, stream]


def redis() -> list[list[Step]]:
    play = redis_playing
    streams = [
        play.cmd("HELLO 3 AUTH alice hush SETNAME billing"),
        play.reply({"server": b"redis"}),
        play.cmd("XADD orders * n 1"),
        play.reply(play.ENTRY),
        *play.read(play.entry(0), play.entry(1)),
        play.cmd("XACK orders mail 1700000000123-0"),
        play.reply(1),
        play.cmd("XAUTOCLAIM orders mail worker-1 0 0"),
        play.reply([b"0-0", [play.entry(1)], []]),
        play.cmd("XREAD COUNT 2 STREAMS orders 0"),
        play.reply({b"orders": [play.entry(0)]}),
    ]
    pubsub = [
        *play.PUBLISHED,
        play.cmd("SUBSCRIBE news"),
        play.reply([b"subscribe", b"news", 1]),
        play.reply([b"message", b"news", b'{"id": 1}']),
        play.cmd("PSUBSCRIBE n*"),
        play.reply(play.Push([b"psubscribe", b"n*", 2])),
        play.reply(play.Push([b"pmessage", b"n*", b"news", b"x" * 300])),
        play.cmd("MULTI"),
        play.cmd("PUBLISH news one"),
        play.cmd("EXEC"),
        play.reply("OK", "QUEUED", [1]),
    ]
    return [streams, pubsub]


def inside_websocket() -> list[list[Step]]:
    """STOMP, MQTT and GraphQL over WebSocket."""
    head = "id:0\ndestination:/queue/orders\n"
    stomp = [
        ("c", "CONNECT\naccept-version:1.2\nlogin:alice\npasscode:hush\n\n\0"),
        ("s", "CONNECTED\nversion:1.2\n\n\0"),
        ("c", f"SUBSCRIBE\n{head}ack:client\n\n\0SEND\ndestination:/topic/a\nreceipt:1\n\n{{}}\0"),
        ("s", f"MESSAGE\nsubscription:0\nmessage-id:1\nack:1\n{head}content-length:2\n\n{{}}\0\n"),
        ("c", "BEGIN\ntransaction:t\n\n\0ACK\nid:1\ntransaction:t\n\n\0COMMIT\ntransaction:t\n\n\0"),
        ("s", "RECEIPT\nreceipt-id:1\n\n\0ERROR\nmessage:no\n\n\0"),
    ]
    graphql = [
        ("c", {"type": "connection_init", "payload": {"token": "hush"}}),
        ("s", {"type": "connection_ack"}),
        ("c", {"type": "subscribe", "id": "1", "payload": {"query": "subscription P { paid { id } }"}}),
        ("s", {"type": "next", "id": "1", "payload": {"data": {"paid": {"id": 1}}}}),
        ("s", {"type": "complete", "id": "1"}),
    ]
    return [
        [*handshake("v12.stomp"), *framed(stomp)],
        [*handshake("mqtt"), *framed(mqtt()[0])],
        [*handshake("graphql-transport-ws"), *framed((side, json.dumps(one)) for side, one in graphql)],
    ]


def any_protocol() -> list[list[Step]]:
    return [session for make in (amqp, kafka, mqtt, nats, redis) for session in make()]
