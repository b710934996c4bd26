"""What shells ask for completion, as typer writes it: `make man` writes docs/completions/."""

from pathlib import Path

from typer.completion import get_completion_script

FOLDER = Path(__file__).parents[2] / "docs" / "completions"
FILES = {"bash": "netaudit.bash", "zsh": "_netaudit", "fish": "netaudit.fish"}


def render(shell: str) -> str:
    """Return the script that completes netaudit's words in a shell: it asks netaudit itself."""
    return get_completion_script(prog_name="netaudit", complete_var="_NETAUDIT_COMPLETE", shell=shell) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for shell, name in FILES.items():
        (FOLDER / name).write_text(render(shell))
