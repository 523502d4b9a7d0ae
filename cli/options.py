"""Options that several commands share, defined once."""

from __future__ import annotations

import click

store_option = click.option(
    "--store",
    "store_url",
    envvar="DEFACTO_STORE",
    default="defacto.db",
    show_default=True,
    metavar="URL",
    help="Where observations are kept: a SQLite file, or a postgresql:// URL. [env: DEFACTO_STORE]",
)

producer_option = click.option("--producer", metavar="NAME", help="Only this producer.")


def format_option(*formats: str) -> object:
    """`--format`, the first one given being the default."""
    return click.option(
        "--format", "output_format", type=click.Choice(formats), default=formats[0], show_default=True, help="How to write it."
    )


output_option = click.option(
    "-o", "--output", type=click.Path(dir_okay=False, writable=True), metavar="FILE", help="Write to a file instead of stdout."
)
