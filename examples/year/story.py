"""What people did in the year, as the commands that they gave, by day."""

from __future__ import annotations

from contextlib import chdir
from datetime import date
from pathlib import Path
from shutil import copy

from cli.main import main
from contract.clause import Clause
from contract.kinds import Present
from contract.subject import parse
from examples.year.traffic import PRODUCER, YEAR, month
from store.records import record_id
from store.store import Store

_LIST, _REF = "GET /orders", "response.200.body.items[].ref"
REF = Clause(producer=PRODUCER, operation=_LIST, subject=parse(_REF), kind=Present(always=True)).id
"""That each order has a `ref`: never declared, and what the year is about."""

CHANGE = record_id(PRODUCER, "ref goes", _LIST, _REF, f"{YEAR}-06-05")[:8]
"""The id of its end, as `defacto change propose` gives it."""

DOCUMENT = ("--declared", "openapi.yaml")

_COMMANDS: dict[date, tuple[tuple[str, ...], ...]] = {
    date(YEAR, 2, 3): (
        ("decide", REF, "guaranteed", "--by", "anna", "--reason", "billing matches payments by it"),
    ),
    date(YEAR, 3, 17): (
        (
            *("incident", "add", "--at", "2026-03-08", "--what", "orders came without ref", "--by", "anna"),
            *("--clause", REF, "--surprised", "billing", "--surprised", "reports"),
            *("--understood", "2026-03-12", "--resolved", "2026-03-16", "--follow-up", "guarantee it"),
        ),
    ),
    date(YEAR, 4, 20): (
        (
            *("incident", "add", "--at", "2026-04-08T06:30", "--what", "totals were texts", "--by", "anna"),
            *("--surprised", "billing", "--understood", "2026-04-14", "--resolved", "2026-04-16"),
        ),
    ),
    date(YEAR, 5, 12): (
        (
            *("dispute", REF, "--position", "may-change", "--by", "orders-team", "--role", "producer"),
            *("--reason", "it keeps us from moving to the new ids"),
        ),
        (
            *("dispute", REF, "--position", "guaranteed", "--by", "billing", "--role", "consumer"),
            *("--reason", "payments name it"),
        ),
    ),
    date(YEAR, 6, 5): (
        (
            *("decide", REF, "deprecated", "--remove", "2026-12-01", "--successor", "id", "--by", "anna"),
            *("--reason", "the new ids are there"),
        ),
        (
            *("change", "propose", "ref goes", "--operation", _LIST, "--by", "anna"),
            *("--place", "200 body items[].ref"),
            *("--reason", "the new ids are there", "--successor", "id", "--effective", "2026-12-01"),
            *("--at", "2026-06-05"),
        ),
    ),
    date(YEAR, 6, 10): (
        ("change", "announce", CHANGE, "--channel", "mail", "-o", "notices", "--at", "2026-06-10"),
        ("change", "acknowledge", CHANGE, "billing", "--by", "ben", "--at", "2026-06-20"),
    ),
    date(YEAR, 8, 21): (
        (
            *("incident", "add", "--near-miss", "--at", "2026-08-20T15:00", "--clause", REF, "--by", "anna"),
            *("--what", "a build without ref was stopped by the gate", "--resolved", "2026-08-20T15:20"),
        ),
    ),
    date(YEAR, 12, 1): (
        (
            "review",
            "--since",
            "2026-11-01",
            "--until",
            "2026-12-01",
            *DOCUMENT,
            "--save",
            "-o",
            "november.txt",
        ),
    ),
}

LAST = ("review", "--until", "2027-01-01", *DOCUMENT)
"""The review of month twelve, which begins where that of November ended."""


def live(folder: Path) -> None:
    """Let the year pass in a folder; the store, the ledger, incidents and reviews are there afterwards."""
    copy(Path(__file__).with_name("openapi.yaml"), folder)
    with chdir(folder):
        for number in range(1, 13):
            for day, commands in _COMMANDS.items():
                if day.month == number and day.day == 1:
                    _give(day, commands)
            with Store.open("defacto.db") as store:
                store.write(list(month(number)))
            run("infer")
            for day, commands in _COMMANDS.items():
                if day.month == number and day.day > 1:
                    _give(day, commands)


def _give(day: date, commands: tuple[tuple[str, ...], ...]) -> None:
    """Give commands on a day; those that write down what was said are told which."""
    for arguments in commands:
        run(*arguments, *(("--at", str(day)) if arguments[0] in {"decide", "dispute"} else ()))


def run(*arguments: str) -> int:
    """Give one command; 0 and 1 are answers, anything else ends the story.

    Raises:
        RuntimeError: the command could not be carried out.
    """
    try:
        main(arguments)
    except SystemExit as ended:
        if ended.code not in {0, 1, None}:
            raise RuntimeError(f"defacto {' '.join(arguments)}: {ended.code}") from ended
        return int(ended.code or 0)
    return 0
