"""`hearsight data`: data sets to train on and to test with."""

from __future__ import annotations

import typer

from hearsight.cli import check

app = typer.Typer(help="Data sets to train on and to test with.", no_args_is_help=True, rich_markup_mode=None)
app.command(short_help="Tell what of a data set is there and can be read.")(check.check)


@app.callback()
def data() -> None:
    """Data sets to train on and to test with."""
