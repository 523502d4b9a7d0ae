from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.ledgers import compare

if TYPE_CHECKING:
    from tests.cli.test_map_command import Defacto

LEDGER = """\
interface: {producer: shop, title: Orders, version: "1.4", channels: {mail: orders@example.org}}
owners:
  producer: {name: Orders team, contact: orders@example.org}
  consumers: {billing: {name: Finance}}
policy:
  compatibility: {requests: FULL_TRANSITIVE, answers: NONE, severity: {timing: warning, pattern: compatible}}
  notice:
    breaking: {days: 180, channels: [mail, chat]}
  versioning: none
  evidence:
    stays_days: 1
    consumers: {"quarterly-*": {stays_days: 400, least_observations: 2}}
  exclude: {operations: ["GET /internal/*"], consumers: [healthcheck]}
  no_data: warn
"""


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_policy_in_sentences(defacto: Defacto, tmp_path: Path, form: str) -> None:
    (tmp_path / "contract.yaml").write_text(LEDGER, encoding="utf-8")
    said = defacto("policy", "--format", form)
    assert (said.code, said.err) == (0, "")
    compare({"text": "policy.txt", "json": "policy.json", "markdown": "policy.md"}[form], said.out)


def test_without_a_file_there_is_a_policy(defacto: Defacto) -> None:
    said = defacto("policy")
    assert said.code == 0
    compare("policy_default.txt", said.out)


def test_a_new_ledger_means_the_defaults(defacto: Defacto, tmp_path: Path) -> None:
    before = json.loads(defacto("policy", "--format", "json").out)["policy"]
    said = defacto("policy", "--init", "--producer", "shop: the 1st")
    assert said.code == 0
    form = json.loads(defacto("policy", "--format", "json").out)
    assert (form["policy"], form["interface"]["producer"]) == (before, "shop: the 1st")
    assert defacto("policy", "--init").code == 2


def test_what_the_new_ledger_shows_is_the_default(defacto: Defacto, tmp_path: Path) -> None:
    """The keys that stand behind a # in the template, taken out of the comment, change nothing."""
    before = json.loads(defacto("policy", "--format", "json").out)["policy"]
    defacto("policy", "--init")
    path = tmp_path / "contract.yaml"
    keys = (
        *("requests", "answers", "schemas", "severity", "breaking", "warning", "versioning"),
        *("stays_days", "shortest_days", "least_observations", "least_per_consumer", "no_data"),
    )
    lines = path.read_text(encoding="utf-8").replace(", channels: [mail]", "").splitlines()
    for number, line in enumerate(lines):
        if line.strip().startswith(tuple(f"# {key}: " for key in keys)):
            lines[number] = line.replace("# ", "", 1)
    path.write_text("\n".join(lines), encoding="utf-8")
    said = defacto("policy", "--format", "json")
    assert said.err == ""
    assert json.loads(said.out)["policy"] == before


def test_what_is_wrong_is_said(defacto: Defacto, tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").write_text("policy: {no_data: fine}", encoding="utf-8")
    said = defacto("policy")
    assert said.code == 3
    assert "Invalid enum value 'fine'" in said.err
    assert "There are: unknown, warn." in said.err


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("policy: {compatibility: {requests: SIDEWAYS}}", "There are: BACKWARD, BACKWARD_TRANSITIVE, "),
        ("policy: {compatibility: {severity: {enum: huge}}}", "There are: compatible, warning, breaking."),
        (
            "clauses: {aaaaaaaaaaaa: {positions: {x: {role: king, position: undecided}}}}",
            "There are: producer",
        ),
        ("policy: {evidence: {stays_days: -1}}", "docs/contract.schema.json says what may stand there."),
        ("interface: {version: 1.4}", "needs quotes"),
    ],
)
def test_what_may_stand_there_is_said(defacto: Defacto, tmp_path: Path, text: str, advice: str) -> None:
    (tmp_path / "contract.yaml").write_text(text, encoding="utf-8")
    said = defacto("policy")
    assert said.code == 3
    assert advice in said.err
