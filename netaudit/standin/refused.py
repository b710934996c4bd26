"""Commands of the client that are not planned, each with the reason."""

from netaudit.errors import UsageError

_WHY = (
    ("it only looks, and changes nothing", "ps ls list inspect logs images version info top stats port events"),
    ("it only looks, and changes nothing", "search history diff convert volumes"),
    ("it is about images, which have no rules", "build builder buildx bake pull push tag save load import commit"),
    ("it is about images, which have no rules", "image rmi export manifest trust publish"),
    ("what runs in a container is not followed", "exec attach cp wait watch"),
    ("what runs in a container is not followed; plan `docker run` in its place", "run"),
    ("it changes the swarm itself, which is not followed", "swarm node"),
    ("it removes networks too: plan `docker network prune` for these", "system"),
    ("it removes what no rule is for", "volume prune"),
    ("it is about the client, or about the engine's own plugins", "context login logout plugin"),
    ("it is about files that containers get, which have no rules", "secret"),
)
_REASONS = {word: reason for reason, words in _WHY for word in words.split()}
_REASONS["compose config"] = _REASONS["convert"]
_REASONS["config"] = _REASONS["secret"]
_UNKNOWN = "what it does to containers and networks is not known"
_MOST = "docker run, docker network, docker compose up and the like, docker service and docker stack"


def refused_command(group: str, word: str, planned: tuple[str, ...]) -> UsageError:
    """Return the error for a subcommand that is not planned; `planned` are the ones of its group."""
    shown = " ".join(filter(None, ("docker", group, word)))
    reason = _REASONS.get(f"{group} {word}") or _REASONS.get(word, _UNKNOWN)
    names = f"docker {group} {', '.join(planned)}" if group else f"{_MOST}; of containers {', '.join(planned)}"
    return UsageError(f"`{shown}` is not planned: {reason}", hint=f"planned are: {names}")
