"""`defacto check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.ledger import find_ledger, ledger_option, tell_strays, today
from cli.options import (
    allow_remote_option,
    format_option,
    output_option,
    producer_option,
    since_option,
    store_option,
    until_option,
)
from cli.output import deliver

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rich.console import RenderableType

    from contract.changes.rules import Compatibility
    from reports.check import Checked


class Grade(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.2 on
    """A rule and how grave it is: `RULE=breaking`."""

    name = "grade"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Compatibility]:
        """Read one; the rule must exist."""
        from contract.changes.rules import RULES, Compatibility  # noqa: PLC0415  # commands import when they run

        name, _, word = str(value).partition("=")
        if name not in RULES:
            self.fail(f"There is no rule {name!r}; defacto check --rules lists them.", param, ctx)
        if word not in set(Compatibility):
            self.fail(f"{word!r} is none of {', '.join(Compatibility)}: write {name}=warning.", param, ctx)
        return name, Compatibility(word)


@click.command("check")
@click.argument("new", required=False)
@click.option(
    "--base",
    "bases",
    multiple=True,
    metavar="OLD",
    help="The document in use; without it, what traffic shows. Several, the oldest first, where the policy "
    "is held against every version that was.",
)
@click.option("--change", "announced", multiple=True, metavar="TEXT", help="A change announced by hand.")
@click.option("--no-usage", is_flag=True, help="Compare the documents only; needs no store.")
@click.option(
    "--accept", is_flag=True, help="Write what would break to the ledger, as reviewed and expected."
)
@click.option("--by", default="", envvar="DEFACTO_BY", metavar="WHO", help="Who accepts. [env: DEFACTO_BY]")
@click.option("--reason", default="", metavar="TEXT", help="Why it is accepted.")
@click.option(
    "--accept-until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="The day after which it counts no more.",
)
@ledger_option
@click.option("--rules", "list_rules", is_flag=True, help="List the rules, and stop.")
@click.option(
    "--severity", "grades", multiple=True, type=Grade(), metavar="RULE=GRADE", help="How grave a rule is."
)
@click.option(
    "--fail-on",
    type=click.Choice(("breaking", "warning", "never")),
    default="breaking",
    show_default=True,
    help="The verdict from which on the exit code is 1.",
)
@click.option(
    "--mode",
    type=click.Choice(("BACKWARD", "FORWARD", "FULL"), case_sensitive=False),
    help="For single schemas: who must be able to read what. [default: as the policy says, else BACKWARD]",
)
@store_option
@producer_option
@since_option
@until_option
@allow_remote_option
@format_option("text", "json", "markdown", "sarif", "junit", "github")
@output_option
def command(
    new: str | None,
    bases: tuple[str, ...],
    announced: tuple[str, ...],
    grades: tuple[tuple[str, Compatibility], ...],
    fail_on: str,
    mode: str | None,
    by: str,
    reason: str,
    accept_until: datetime | None,
    ledger_path: str,
    store_url: str,
    producer: str | None,
    since: int | None,
    until: int | None,
    output_format: str,
    output: str | None,
    *,
    accept: bool,
    no_usage: bool,
    list_rules: bool,
    allow_remote: bool,
) -> int:
    """Say who breaks if NEW is shipped in the place of OLD.

    Each change is told with the rule that judges it, and for each consumer whether it breaks, as its traffic
    shows. Exit code 1 says that somebody would break; see --fail-on. NEW and OLD are OpenAPI, Swagger or
    AsyncAPI documents, protobuf descriptor sets, GraphQL, Avro or JSON Schemas. What was reviewed can be
    accepted: --accept writes it to the ledger with those whom it hits, and from then on it passes.

    \b
    Example:
      defacto check openapi.yaml --base openapi.main.yaml
      defacto check openapi.yaml --base openapi.main.yaml --no-usage --format github
      defacto check --change "remove GET /orders/{id} 200 body total"
      defacto check --change "latency p99 500 ms" --producer shop
      defacto check order.avsc --base order.main.avsc --no-usage --mode FULL
      defacto check openapi.yaml --base openapi.main.yaml --accept --by anna --reason 'all have moved'
      defacto check --rules
    """
    if list_rules:
        deliver(_list(dict(grades), output_format), output)
        return 0
    _ensure_sensible(new, bases, announced, no_usage=no_usage)
    from cli.accepting import accept_all, terms  # noqa: PLC0415  # commands import their work when they run
    from cli.checking import asked, check  # noqa: PLC0415
    from reports.checking import under  # noqa: PLC0415

    on = terms(by, reason, accept_until.date() if accept_until else None) if accept else None
    ledger = find_ledger(ledger_path)
    question = asked(
        new, bases, announced, mode=mode, grades=dict(grades), ledger=ledger, allow_remote=allow_remote
    )
    checked = check(question, None if no_usage else store_url, producer, since, until)
    if ledger is not None:
        tell_strays(ledger)
        checked = under(checked, ledger, today())
    if on is not None:
        checked = accept_all(checked, ledger_path, on)
    deliver(_render(checked, output_format, new or ""), output)
    return int(checked.fails(fail_on))


def _ensure_sensible(
    new: str | None, bases: tuple[str, ...], announced: tuple[str, ...], *, no_usage: bool
) -> None:
    if new is None and not announced:
        raise click.UsageError("Check what? Give the new document, or --change TEXT.")
    if new is None and bases:
        raise click.UsageError("--base OLD goes with a new document.")
    if no_usage and announced:
        raise click.UsageError("--change asks who depends on it: that needs a store, not --no-usage.")
    if no_usage and not bases:
        raise click.UsageError("--no-usage compares two documents: give --base OLD.")


def _list(grades: Mapping[str, Compatibility], output_format: str) -> RenderableType | str:
    from contract.changes.rules import graded  # noqa: PLC0415  # as above

    rules = graded(grades)
    if output_format == "json":
        from reports.check import rules_form  # noqa: PLC0415
        from reports.json_form import to_json  # noqa: PLC0415

        return to_json(rules_form(rules))
    if output_format != "text":
        raise click.UsageError("--rules is told as text or json.")
    from reports.check_text import rules_text  # noqa: PLC0415

    return rules_text(rules)


def _render(checked: Checked, output_format: str, new: str) -> RenderableType | str:
    if output_format == "json":
        from reports.check import check_form  # noqa: PLC0415
        from reports.json_form import to_json  # noqa: PLC0415

        return to_json(check_form(checked))
    if output_format in {"sarif", "junit", "github"}:
        return _for_pipelines(checked, output_format, new)
    from reports.check_text import check_markdown, check_text  # noqa: PLC0415

    return check_markdown(checked) if output_format == "markdown" else check_text(checked)


def _for_pipelines(checked: Checked, output_format: str, new: str) -> str:
    from importlib.metadata import version  # noqa: PLC0415

    from reports.check_ci import Located, check_github, check_junit, check_sarif  # noqa: PLC0415

    if output_format == "junit":
        return check_junit(checked)
    path = Path(new) if new and "\n" not in new else None
    text = path.read_text("utf-8", errors="replace") if path is not None and path.is_file() else ""
    located = Located(new or "announced", text)
    if output_format == "github":
        return check_github(checked, located)
    return check_sarif(checked, located, version("defacto"))
