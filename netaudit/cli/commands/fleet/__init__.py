"""`netaudit fleet`: many hosts at once, and SQL over all.

In: options. Out: an exit code.
Begin with audit.py.
"""

import typer

from netaudit.cli.commands.fleet.audit import audit
from netaudit.cli.commands.fleet.collect import collect
from netaudit.cli.commands.fleet.query import query
from netaudit.cli.commands.fleet.report import report

fleet = typer.Typer(
    help="Audit many hosts at once, and ask across all of them.", no_args_is_help=True, rich_markup_mode=None
)
fleet.command(short_help="Audit every recording of a fleet.")(audit)
fleet.command(short_help="Put SQL, or a question with a name, to the results.")(query)
fleet.command(short_help="Write static pages, CSV and JSON Lines.")(report)
fleet.command(short_help="Record many hosts over ssh.")(collect)
