"""`defacto incident`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from cli.ledger import ledger_option
from cli.options import Instant, format_option, output_option, store_option
from cli.output import deliver
from contract.incidents import Incident, add, is_whole, path_beside, read

_WHEN = Instant()


@click.group("incident")
def command() -> None:
    """Contract incidents and near-misses: who was surprised by what, and what followed.

    They are kept beside the ledger, in contract.incidents.yaml, and shown in defacto review.

    \b
    Example:
      defacto incident add --at 2026-03-04T09:12 --what 'total became a text' --surprised billing
      defacto incident list
    """


@command.command("add")
@click.option("--what", required=True, metavar="TEXT", help="What happened.")
@click.option("--at", type=_WHEN, required=True, metavar="WHEN", help="When: 2026-03-04T09:12, 2h, 3d.")
@click.option("--near-miss", is_flag=True, help="It was found before it hurt anybody.")
@click.option("--clause", "clauses", multiple=True, metavar="ID", help="A clause that it was about.")
@click.option("--surprised", multiple=True, metavar="CONSUMER", help="Who relied on something else.")
@click.option("--understood", type=_WHEN, metavar="WHEN", help="When the cause was known.")
@click.option("--resolved", type=_WHEN, metavar="WHEN", help="When nobody was hurt any more.")
@click.option("--follow-up", "follow_ups", multiple=True, metavar="TEXT", help="What follows from it.")
@click.option("--by", default="", envvar="DEFACTO_BY", metavar="WHO", help="Who tells. [env: DEFACTO_BY]")
@ledger_option
@store_option
def add_command(
    what: str,
    at: int,
    clauses: tuple[str, ...],
    surprised: tuple[str, ...],
    understood: int | None,
    resolved: int | None,
    follow_ups: tuple[str, ...],
    by: str,
    ledger_path: str,
    store_url: str,
    *,
    near_miss: bool,
) -> None:
    """Write one down. What becomes known later is edited in the file.

    Of a clause's id its beginning is enough where no other begins so; the store is read to find it.

    \b
    Example:
      defacto incident add --at 2026-03-04T09:12 --what 'total became a text' --clause hrnncgzhocrj
      defacto incident add --at 2d --near-miss --what 'billing_ref was nearly dropped' --by anna
    """
    if not what.strip():
        raise click.UsageError("What happened? Say it with --what.")
    known = _whole(clauses, store_url)
    try:
        incident = Incident(
            what=" ".join(what.split()),
            at=_moment(at),
            kind="near-miss" if near_miss else "incident",
            by=by,
            clauses=known,
            surprised=surprised,
            understood=None if understood is None else _moment(understood),
            resolved=None if resolved is None else _moment(resolved),
            follow_ups=follow_ups,
        )
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error
    path = path_beside(Path(ledger_path))
    click.echo(f"{add(path, incident)} written to {path}.")


@command.command("list")
@ledger_option
@format_option("text", "json")
@output_option
def list_command(ledger_path: str, output_format: str, output: str | None) -> None:
    """All of them, the latest first.

    \b
    Example:
      defacto incident list --format json
    """
    from reports.incidents import incident_form, incidents_text  # noqa: PLC0415  # commands import when they run
    from reports.json_form import to_json  # noqa: PLC0415

    known = read(path_beside(Path(ledger_path)))
    forms = [incident_form(id_, one) for id_, one in known.items()]
    deliver(to_json({"incidents": forms}) if output_format == "json" else incidents_text(known), output)


@command.command("show")
@click.argument("id_", metavar="ID")
@ledger_option
@format_option("text", "json")
def show_command(id_: str, ledger_path: str, output_format: str) -> None:
    """One of them, in full.

    \b
    Example:
      defacto incident show 2026-03-04-1
    """
    from reports.incidents import incident_form, incident_text  # noqa: PLC0415  # as above
    from reports.json_form import to_json  # noqa: PLC0415

    known = read(path_beside(Path(ledger_path)))
    if id_ not in known:
        raise click.UsageError(f"There is no incident {id_!r}.")
    one = known[id_]
    deliver(to_json(incident_form(id_, one)) if output_format == "json" else incident_text(id_, one), None)


def _whole(ids: tuple[str, ...], store_url: str) -> tuple[str, ...]:
    """Whole ids, as they are: what they name may be long gone. The beginnings of some, by what was observed.

    Raises:
        QuestionError: one names none, or several.
    """
    if all(map(is_whole, ids)):
        return ids
    from cli.reading import read_map  # noqa: PLC0415  # as above
    from reports.deciding import named  # noqa: PLC0415

    observed = read_map(store_url, producer=None, since=None, until=None)
    return tuple(id_ if is_whole(id_) else named(observed, [id_])[0].clause.id for id_ in ids)


def _moment(unix_ns: int) -> datetime:
    """Whole seconds: nobody knows an incident's time more exactly."""
    return datetime.fromtimestamp(unix_ns // 10**9, UTC)
