"""What `defacto export` writes runs: under pytest without defacto, under schemathesis, by Pact's verifier."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.shop import Shop, another_status, build, recorded_shop, renamed, slower

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.cli.conftest import Said

    Defacto = Callable[..., Said]

HEADERS = "Authorization: Basic YmlsbGluZzpzZWNyZXQ="
OPENAPI = str(Path(__file__).parents[2] / "examples" / "shop" / "openapi.yaml")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with recorded_shop(tmp_path_factory.mktemp("shop")) as running:
        yield running


def export(defacto: Defacto, shop: Shop, runner: str, *options: str) -> Path:
    said = defacto("export", runner, "--store", shop.store, "-o", "out", *options)
    assert said.code == 0, said.err
    assert "guarantees in" in said.err
    return Path("out").absolute()


def run(folder: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run exported tests where defacto cannot be imported: its packages are blocked."""
    blocked = "import sys; sys.modules.update(dict.fromkeys(('contract', 'reports', 'store', 'inference')))"
    program = f"{blocked}; import pytest; sys.path.insert(0, '.'); sys.exit(pytest.main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-I", "-c", program, "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *options],
        cwd=folder,
        env={**os.environ, "DEFACTO_TARGET": url, "DEFACTO_HEADERS": HEADERS},
        capture_output=True,
        check=False,
        text=True,
        timeout=100,
    )


def failed(done: subprocess.CompletedProcess[str]) -> set[str]:
    return {
        line.split("::")[1].split("__")[0] for line in done.stdout.splitlines() if line.startswith("FAILED")
    }


def test_exported_tests_tell_a_broken_build_from_the_recorded_one(defacto: Defacto, shop: Shop) -> None:
    folder = export(defacto, shop, "pytest")
    done = run(folder, shop.url)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    with build(shop.url, renamed) as url:
        assert failed(run(folder, url)) == {"test_200_body_billing_ref_present"}
    with build(shop.url, another_status) as url:
        assert failed(run(folder, url, "test_get_orders_order_id.py")) == {"test_200_occurs"}


def test_exported_tests_time_answers(defacto: Defacto, shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "agreed.json"
    assert defacto("map", "--store", shop.store, "--format", "json", "-o", str(file)).code == 0
    folder = export(defacto, shop, "pytest", "--clauses", str(file), "--operation", "GET /products")
    with build(shop.url, slower) as url:
        assert failed(run(folder, url)) == {"test_200_latency_latency"}


def test_every_test_names_its_clause(defacto: Defacto, shop: Shop) -> None:
    folder = export(defacto, shop, "pytest", "--declared", OPENAPI)
    plan = json.loads(defacto("plan", "--store", shop.store, "--declared", OPENAPI, "--format", "json").out)
    known = {one["id"]: one["statement"] for one in plan["guarantees"]}
    written = "\n".join(file.read_text("utf-8") for file in folder.glob("test_*.py"))
    named = [line.split()[1].rstrip(".,") for line in written.splitlines() if line.startswith("    Clause ")]
    assert named
    assert set(named) <= known.keys()
    assert "redacted." not in written


def test_schemathesis_reads_the_document_and_runs_the_checks(defacto: Defacto, shop: Shop) -> None:
    pytest.importorskip("schemathesis")
    folder = export(defacto, shop, "schemathesis")
    hooks = (folder / "hooks.py").read_text("utf-8")
    checks = hooks.split("--checks ", 1)[1].split("\n", 1)[0]

    def fuzz(url: str) -> subprocess.CompletedProcess[str]:
        order = f"/orders/{order_id}"
        document = json.loads((folder / "openapi.json").read_text("utf-8"))
        path = document["paths"]["/orders/{order_id}"]["get"]
        path["parameters"] = [
            {
                "name": "order_id",
                "in": "path",
                "required": True,
                "schema": {"enum": [order.rpartition("/")[2]]},
            }
        ]
        document["paths"] = {"/orders/{order_id}": {"get": path}}
        (folder / "one.json").write_text(json.dumps(document))
        return subprocess.run(
            [
                str(Path(sys.executable).parent / "schemathesis"),
                *("run", "one.json", "--url", url, "--checks", checks),
                *("--max-examples", "3", "--phases", "fuzzing", "--no-color"),
            ],
            cwd=folder,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "hooks"},
            capture_output=True,
            check=False,
            text=True,
            timeout=100,
        )

    order_id = recorded_order(folder, defacto, shop)
    done = fuzz(shop.url)
    assert done.returncode == 0, done.stdout + done.stderr
    with build(shop.url, renamed) as url:
        done = fuzz(url)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "200 body billing_ref is always present" in done.stdout


def recorded_order(folder: Path, defacto: Defacto, shop: Shop) -> str:
    """The id of an order that the shop has."""
    pacts = export(defacto, shop, "pact")
    for interaction in json.loads((pacts / "billing-shop.json").read_text("utf-8"))["interactions"]:
        if interaction["request"]["path"].startswith("/orders/"):
            return str(interaction["request"]["path"].split("/")[2])
    raise AssertionError(folder)


def interactions(folder: Path, name: str) -> list[Any]:
    found: list[Any] = json.loads((folder / name).read_text("utf-8"))["interactions"]
    return found


def safe_pact(folder: Path, consumer: str) -> Path:
    """The pact with what can be asked for again: reading, which needs no state to be made."""
    file = folder / f"{consumer}-shop.json"
    pact = json.loads(file.read_text("utf-8"))
    pact["interactions"] = [one for one in pact["interactions"] if one["request"]["method"] == "GET"]
    kept = folder / "safe"
    kept.mkdir(exist_ok=True)
    (kept / file.name).write_text(json.dumps(pact))
    return kept / file.name


def test_pact_verifies_the_recorded_build_and_refuses_a_broken_one(
    defacto: Defacto, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    pact = pytest.importorskip("pact")
    monkeypatch.setenv("PACT_DO_NOT_TRACK", "true")
    folder = export(defacto, shop, "pact")
    assert {file.name for file in folder.glob("*.json")} >= {"billing-shop.json", "warehouse-shop.json"}

    def verify(url: str) -> None:
        for consumer in ("billing", "warehouse", "analytics"):
            verifier = (
                pact.Verifier("shop", host="127.0.0.1")
                .add_transport(url=url)
                .add_source(safe_pact(folder, consumer))
            )
            verifier.add_custom_header(*HEADERS.split(": "))
            verifier.verify()

    verify(shop.url)
    with build(shop.url, renamed) as url, pytest.raises(RuntimeError):
        verify(url)


def test_a_pact_holds_what_its_consumer_relies_on_alone(defacto: Defacto, shop: Shop) -> None:
    folder = export(defacto, shop, "pact")
    (order,) = [
        one
        for one in interactions(folder, "billing-shop.json")
        if one["description"] == "GET /orders/{order_id} answers 200"
    ]
    assert "billing_ref" in order["response"]["body"]["content"]
    assert "items" not in order["response"]["body"]["content"]
    assert order["response"]["matchingRules"]["body"]["$.billing_ref"]["matchers"] == [{"match": "type"}]


def test_a_folder_that_cannot_be_written_is_said(defacto: Defacto, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = defacto("export", "pytest", "--store", shop.store, "-o", str(tmp_path / "file" / "below"))
    assert said.code == 3
    assert "cannot write to" in said.err
