"""The environment of a confined client: what it needs, and what Compose may interpolate."""

from collections.abc import Mapping
from pathlib import Path

_NEEDED = ("PATH", "TERM", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "DOCKER_DEFAULT_PLATFORM", "DOCKER_API_VERSION")
# What Compose does not get though it interpolates: where the engine is, whom to report to, what to load.
_KEPT_BACK = ("DOCKER_", "OTEL_", "BUILDKIT_", "BUILDX_", "SSH_", "LD_", "GODEBUG", "XDG_", "DBUS_")
_PLUGIN = "docker-compose"
_SET = {
    "DOCKER_HOST": "unix:///run/docker.sock",
    "DOCKER_CLI_HINTS": "false",
    "COMPOSE_MENU": "false",
    "COMPOSE_ANSI": "never",
    "COMPOSE_PROGRESS": "quiet",  # an error of the engine stands alone then
    "COMPOSE_BAKE": "false",
    "COMPOSE_STATUS_STDOUT": "false",
}


def environment_of(given: Mapping[str, str], place: Path, *, interpolates: bool) -> dict[str, str]:
    """Return the environment of a client; a client that interpolates sees the variables of the user, HOME with them.

    Its configuration is empty: no contexts, no credentials, no hooks, and of the user's plugins Compose alone.
    """
    if interpolates:
        kept = {name: value for name, value in given.items() if not name.startswith(_KEPT_BACK)}
    else:
        kept = {"HOME": str(place)}
    kept |= {name: given[name] for name in _NEEDED if name in given}
    return kept | _SET | {"DOCKER_CONFIG": str(_configuration(given, place))}


def _configuration(given: Mapping[str, str], place: Path) -> Path:
    """Make the configuration of a client, with the Compose plugin that the user has installed for himself."""
    folder = place / "config"
    own = given.get("DOCKER_CONFIG") or f"{given.get('HOME', '')}/.docker"
    plugin = Path(own) / "cli-plugins" / _PLUGIN
    (folder / "cli-plugins").mkdir(parents=True, exist_ok=True)
    link = folder / "cli-plugins" / _PLUGIN
    if plugin.is_file() and not link.exists():
        link.symlink_to(plugin.resolve())
    return folder
