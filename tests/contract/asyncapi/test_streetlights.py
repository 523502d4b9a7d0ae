"""The two examples that everybody knows, all that they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.declared import load
from contract.openapi import DeclaredContract
from tests.contract.asyncapi.saying import said

HERE = Path(__file__).parent
MEASURED = "streetlights.1.event.{streetlightId}.lighting.measured#LightMeasured"
TURN = "streetlights.1.action.{streetlightId}.turn"
LIGHTING = "smartylighting/streetlights/1/0/event/{streetlightId}/lighting/measured#lightMeasured"
DIM = "/smartylighting/streetlights/1/0/action/{streetlightId}/dim#DimLight"


@pytest.fixture(scope="module")
def kafka() -> DeclaredContract:
    return load(HERE / "streetlights_kafka.yaml", producer="lights")


@pytest.fixture(scope="module")
def mqtt() -> DeclaredContract:
    return load(HERE / "streetlights_mqtt.yaml", producer="lights")


def test_2_6_has_two_operations_for_each_type(kafka: DeclaredContract) -> None:
    paths = (MEASURED, f"{TURN}#turnOnOff", f"{TURN}#dim")
    assert [operation.key for operation in kafka.operations] == [
        f"{method} {path}" for path in paths for method in ("SEND", "RECEIVE")
    ]
    assert {operation.security for operation in kafka.operations} == {("scram",)}
    assert (kafka.title, kafka.version, kafka.warnings) == ("Streetlights over Kafka", "1.0.0", ())


def test_2_6_a_message_as_sent(kafka: DeclaredContract) -> None:
    assert said(kafka, f"SEND {MEASURED}") == {
        "request.path.streetlightId present": "always",
        "request.path.streetlightId type": ["string"],
        "request.path.streetlightId format": "uuid",
        "request.header.content-type content-type": ["application/vnd.streetlights+json"],
        "request.header.my-app-header present": "sometimes",
        "request.header.my-app-header type": ["integer"],
        "request.header.my-app-header range": {"min": 0, "max": 100},
        "request.body type": ["object"],
        "request.body nullable": False,
        "request.body.lumens present": "always",
        "request.body.lumens type": ["integer"],
        "request.body.lumens nullable": False,
        "request.body.lumens range": {"min": 0, "max": None},
        "request.body.sentAt present": "sometimes",
        "request.body.sentAt type": ["string"],
        "request.body.sentAt nullable": False,
        "request.body.sentAt format": "date-time",
    }


def test_2_6_a_message_as_received(kafka: DeclaredContract) -> None:
    assert said(kafka, f"RECEIVE {TURN}#dim") == {
        "request.path.streetlightId present": "always",
        "request.path.streetlightId type": ["string"],
        "request.path.streetlightId format": "uuid",
        "response.message.header.content-type content-type": ["application/json"],
        "response.message.body type": ["object"],
        "response.message.body nullable": False,
        "response.message.body.percentage present": "always",
        "response.message.body.percentage type": ["integer"],
        "response.message.body.percentage nullable": False,
        "response.message.body.percentage range": {"min": 0, "max": 100},
    }
    found = said(kafka, f"RECEIVE {TURN}#turnOnOff")
    assert found["response.message.body.command enum"] == ["off", "on"]


def test_3_0_has_addresses_with_a_leading_slash(mqtt: DeclaredContract) -> None:
    assert [operation.key for operation in mqtt.operations] == [
        f"{method} {path}" for path in (LIGHTING, DIM) for method in ("SEND", "RECEIVE")
    ]
    assert [operation.security for operation in mqtt.operations[::2]] == [("certificate",), ()]
    (warning,) = mqtt.warnings
    assert "#/channels/replies" in warning


def test_3_0_a_message_goes_before_its_traits(mqtt: DeclaredContract) -> None:
    found = said(mqtt, f"RECEIVE {LIGHTING}")
    assert found["response.message.header.content-type content-type"] == ["text/csv"]
    assert found["response.message.header.my-app-header range"] == {"min": 0, "max": 100}
    assert found["response.message.body.lumens nullable"] is True
    assert found["request.path.streetlightId enum"] == ["north", "south"]


def test_3_0_headers_of_both_are_merged(mqtt: DeclaredContract) -> None:
    assert said(mqtt, f"SEND {DIM}") == {
        "request.path.streetlightId present": "always",
        "request.path.streetlightId type": ["string"],
        "request.path.streetlightId enum": ["north", "south"],
        "request.header.content-type content-type": ["application/json"],
        "request.header.my-app-header present": "always",
        "request.header.my-app-header type": ["integer"],
        "request.header.my-app-header range": {"min": 0, "max": 50},
        "request.header.trace present": "sometimes",
        "request.header.trace type": ["string"],
        "request.body type": ["object"],
        "request.body nullable": False,
        "request.body.percentage present": "sometimes",
        "request.body.percentage type": ["integer"],
        "request.body.percentage nullable": False,
        "request.body.percentage range": {"min": 0, "max": 100},
    }


def test_an_operation_is_found_by_the_address_that_was_used(kafka: DeclaredContract) -> None:
    operation = kafka.match("SEND", "streetlights.1.event.42.lighting.measured#LightMeasured")
    assert operation is not None
    assert operation.key == f"SEND {MEASURED}"
    assert kafka.as_called([f"SEND {MEASURED}"]) is kafka
