"""What shells ask for completion: typer's scripts, and for bash one of our own. `make man` writes docs/completions/.

Bash ends a word at each colon and `=`, which zones and rules have: typer's script would lose what is before them.
"""

from pathlib import Path

from typer.completion import get_completion_script

FOLDER = Path(__file__).parents[2] / "docs" / "completions"
FILES = {"bash": "netaudit.bash", "zsh": "_netaudit", "fish": "netaudit.fish"}
_BASH = r"""_netaudit_completion() {
    local line="${COMP_LINE:0:COMP_POINT}" words word before
    read -r -a words <<< "$line"
    case "$line" in *[[:space:]]) words+=("") ;; esac
    word="${words[${#words[@]}-1]}"
    local IFS=$'\n'
    COMPREPLY=( $( env COMP_WORDS="${words[*]}" \
                   COMP_CWORD=$(( ${#words[@]} - 1 )) \
                   _NETAUDIT_COMPLETE=complete_bash "$1" 2>/dev/null ) )
    # What bash takes for the word begins behind the last of these.
    before="${word%"${word##*[:=]}"}"
    COMPREPLY=( "${COMPREPLY[@]#"$before"}" )
    case "${COMPREPLY[*]}" in *:) compopt -o nospace ;; esac
    return 0
}

complete -o default -F _netaudit_completion netaudit"""


def render(shell: str) -> str:
    """Return the script that completes netaudit's words in a shell: it asks netaudit itself."""
    if shell == "bash":
        return _BASH + "\n"
    return get_completion_script(prog_name="netaudit", complete_var="_NETAUDIT_COMPLETE", shell=shell) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for shell, name in FILES.items():
        (FOLDER / name).write_text(render(shell))
