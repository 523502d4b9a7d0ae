"""`defacto drift` against schemas of messages: of a registry, whose ids payloads carry, and of files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from inference.fold import fold
from proxy.config import Config, RedactionConfig, SchemasConfig
from proxy.raw import Link, RawBody, RawEvent, Sender
from proxy.recorder import Recorder
from store.records import Identity, Lane
from store.store import Store
from tests.contract.messages.registries import Registry, serving
from tests.inference.traffic import SECOND, START
from tests.proxy.payloads.samples import avro, framed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from store.records import Message
    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]

OLD = {
    "type": "record",
    "name": "OrderPlaced",
    "namespace": "shop",
    "fields": [{"name": "id", "type": "string"}, {"name": "total", "type": "long"}],
}
NEW = {**OLD, "fields": [*OLD["fields"], {"name": "note", "type": ["null", "string"], "default": None}]}
STRAY = {**OLD, "fields": [OLD["fields"][0], {"name": "total", "type": "double"}]}
BY_ID = {3: OLD, 8: NEW, 21: STRAY}


@pytest.fixture
def served(defacto: Defacto, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Registry]:
    """A registry with two versions of the orders' schema; the last messages are written with neither."""
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(Registry()) as registry:
        registry.register("orders-value", 3, json.dumps(OLD))
        registry.register("orders-value", 8, json.dumps(NEW))
        registry.register("orders-key", 4, '"string"')
        registry.register("parcels-value", 9, json.dumps({**OLD, "name": "Parcel"}))
        with Store.open(str(tmp_path / "defacto.db")) as store:
            store.write(messages=list(delivered(tmp_path)))
            fold(store)
        yield registry


def delivered(folder: Path) -> Iterator[Message]:
    """What the billing service was delivered of the topic `orders`, as the recorder keeps it."""
    schemas = folder / "known"
    schemas.mkdir()
    for number, schema in BY_ID.items():
        (schemas / f"{number}.avsc").write_text(json.dumps(schema))
    config = Config(
        redaction=RedactionConfig(key_file=str(folder / "redaction.key")),
        schemas=SchemasConfig(folder=str(schemas)),
    )
    recorder = Recorder.from_config(config)
    for turn in range(60):
        number = 21 if turn >= 50 else 8
        value: dict[str, Any] = {"id": f"o-{turn}", "total": turn * 7, "note": "x" if turn % 2 else None}
        payload = framed(number, avro(BY_ID[number], value))
        yield recorder.event(
            RawEvent(
                link=Link("events", Lane.SPLICE, "here", "kafka", connection="c", peer="10.0.0.7"),
                ordinal=turn,
                sender=Sender.SERVER,
                channel="orders",
                at=START + turn * SECOND,
                client=(Identity(basis="group", value="billing", source="JoinGroup"),),
                payload=RawBody(data=payload, size=len(payload)),
                partition=0,
                sequence=turn,
            )
        )


PLACED = "RECEIVE orders#shop.OrderPlaced"


def told(defacto: Defacto, *arguments: str) -> dict[str, Any]:
    said = defacto("drift", *arguments, "--format", "json")
    assert said.out, said.err
    return dict(json.loads(said.out))


def stated(form: dict[str, Any], standing: str) -> dict[tuple[str, str], Any]:
    """What was delivered of the orders, by subject and kind."""
    return {
        (one["subject"], one["kind"]): one["value"] for one in form[standing] if one["operation"] == PLACED
    }


def test_a_registry_and_the_ids_that_payloads_carry(defacto: Defacto, served: Registry) -> None:
    form = told(defacto, "--declared", f"registry+{served.url}", "--allow-remote")
    broken = stated(form, "contradicted")
    assert broken["response.message.body.total", "type"] == ["number"]
    assert broken["response.message", "schemas"]["ids"] == ["registry:8", "registry:21"]
    assert ("response.message.body.id", "type") in stated(form, "declared")
    assert form["declared_documents"] == {"events": served.url}
    assert {one["operation"] for one in form["unobserved"]} >= {"RECEIVE parcels#shop.Parcel"}


def test_nothing_is_asked_unless_it_is_allowed(defacto: Defacto, served: Registry) -> None:
    said = defacto("drift", "--declared", f"registry+{served.url}")
    assert said.code == 3
    assert "--allow-remote" in said.err
    assert served.asked == []


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("orders-value.avsc", "orders-value.avsc"),
        ("any.avsc", "orders=any.avsc"),
        ("any.avsc", "events=orders=any.avsc"),
        ("any.avsc", "any.avsc"),
        ("schemas/shop.OrderPlaced.avsc", "schemas"),
    ],
)
def test_a_file_by_its_name_its_channel_or_its_type(
    defacto: Defacto, served: Registry, tmp_path: Path, name: str, given: str
) -> None:
    del served
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(json.dumps(NEW))
    form = told(defacto, "--declared", given)
    assert stated(form, "contradicted")["response.message.body.total", "type"] == ["number"]


def test_schemas_of_one_producer_are_one_contract(defacto: Defacto, served: Registry, tmp_path: Path) -> None:
    del served
    (tmp_path / "order.avsc").write_text(json.dumps(NEW))
    (tmp_path / "parcel.json").write_text('{"title": "Parcel", "properties": {"id": {"type": "string"}}}')
    form = told(defacto, "--declared", "orders=order.avsc", "--declared", "parcels=parcel.json")
    assert stated(form, "contradicted")["response.message.body.total", "type"] == ["number"]
    assert {one["operation"] for one in form["unobserved"]} >= {"RECEIVE parcels#Parcel"}
    assert form["declared_documents"] == {"events": "order.avsc, parcel.json"}
