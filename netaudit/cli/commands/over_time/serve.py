"""`netaudit serve`."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.commands.over_time.secret_file import read_secret
from netaudit.cli.options import StoreOption
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.serving.server import PageServer

_OPTION = "--token-file"
_UNIX = "unix:"


def serve(
    listen: Annotated[
        str, typer.Option("--listen", metavar="PLACE", help="An address of loopback, or unix:FILE.")
    ] = "127.0.0.1:8642",
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="The token in it; else a new one each time.", show_default=False
        ),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Serve pages of this host's history to its own people: the host, the timeline, any two instants compared.

    Only to this host itself, and only with the token that is printed; nothing can be changed there. From elsewhere:
    ssh -L 8642:127.0.0.1:8642 HOST.
    """
    from netaudit.api.audits import AuditOptions, prepare_audit
    from netaudit.catalog.config_places import find_config
    from netaudit.cli.histories import reading
    from netaudit.cli.say import say
    from netaudit.serving.pages import Pages
    from netaudit.serving.server import PageServer

    token = _read_token(token_file) if token_file else _new_token()
    with reading(store) as history:
        path = Path(history.name)
    place, config = _read_place(listen), find_config(Path.cwd())
    prepare_audit(AuditOptions(config=config))  # who starts this reads what is wrong in it
    gc.enable()
    with PageServer(place, Pages(path, config), token) as server:
        say(f"serving {path}; open {_address(server, place, token)}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
        finally:
            if isinstance(place, Path):
                place.unlink(missing_ok=True)


def _new_token() -> str:
    from secrets import token_urlsafe

    return token_urlsafe(24)


def _read_place(text: str) -> tuple[str, int] | Path:
    from netaudit.loopback import read_address

    if not text.startswith(_UNIX):
        return read_address(text, "--listen")
    path = Path(text.removeprefix(_UNIX))
    if path.is_socket():
        raise UsageError(f"--listen {text}: there is a socket already", hint="remove it, or give another name")
    return path


def _read_token(path: Path) -> str:
    token = read_secret(path, _OPTION).decode(errors="replace")
    if not token.isascii() or not token.isprintable() or set(token) & set(' ";,\\'):
        raise UsageError(f"{_OPTION} {path}: no token of letters and digits", hint="make one: openssl rand -hex 32")
    return token


def _address(server: "PageServer", place: tuple[str, int] | Path, token: str) -> str:
    if isinstance(place, Path):
        return f"curl --unix-socket {place} -H 'Authorization: Bearer {token}' http://localhost/"
    host = f"[{place[0]}]" if ":" in place[0] else place[0]
    return f"http://{host}:{server.port}/?token={token}"
