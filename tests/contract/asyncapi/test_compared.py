"""What an AsyncAPI document declares stands beside what was observed."""

from __future__ import annotations

from pathlib import Path

from contract.claim import Claim, ContractMap, Evidence, OperationMap, ProducerMap, Standing
from contract.clause import Clause
from contract.declared import load
from contract.kinds import Type
from contract.subject import parse
from reports.compare import compare
from store.records import Capture

SEEN = "RECEIVE smartylighting/streetlights/1/0/event/{streetlightId}/lighting/measured#lightMeasured"


def test_observed_and_never_seen() -> None:
    clause = Clause(
        producer="lights",
        operation=SEEN,
        subject=parse("response.message.body.lumens"),
        kind=Type(("string",)),
    )
    claim = Claim(clause=clause, evidence=Evidence(held=40, broken=0, first_seen=1, last_seen=2))
    observed = OperationMap(
        key=SEEN, protocol="event", observations=40, consumers={"app": 40}, claims=(claim,)
    )
    contract_map = ContractMap(
        generated_at=2,
        window=(1, 2),
        capture=Capture(observed=40),
        producers=(ProducerMap(name="lights", operations=(observed,), consumers=()),),
    )
    declared = load(Path(__file__).with_name("streetlights_mqtt.yaml"), producer="lights")
    first, *unseen = compare(contract_map, declared)
    standings = {claim.clause.id: claim.standing for claim in first.operation.claims}
    assert standings[clause.id] is Standing.CONTRADICTED
    assert first.pointers[clause.id] == "#/components/schemas/lightMeasured/properties/lumens"
    assert {one.operation.protocol for one in unseen} == {"event"}
    assert len(unseen) == len(declared.operations) - 1
