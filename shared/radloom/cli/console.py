"""What the commands print: results to standard output, progress and errors to standard error."""

from rich.console import Console

out = Console()
err = Console(stderr=True)
