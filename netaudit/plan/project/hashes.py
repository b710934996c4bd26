"""The hashes by which Compose knows what it has made from the same settings (compose, pkg/compose/hash.go).

Each is the SHA-256 of the settings as Compose prints them, in one line, as Go writes JSON.
"""

from hashlib import sha256

import msgspec

from netaudit.plan.engine.objects import Object, part, text
from netaudit.plan.project.model import Project

HASH = "com.docker.compose.config-hash"
# What may change of a service without its containers being made again.
_APART = frozenset({"build", "depends_on", "profiles", "pull_policy", "scale"})
_ESCAPED = (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029"))


def network_hash(project: Project, name: str) -> str:
    """Return the hash of a network's settings."""
    return _hash(part(project.said, "networks", name))


def service_hash(project: Project, name: str, mode: str) -> str:
    """Return the hash of a service's settings; `mode` is the engine's word for the network of another service."""
    kept = {key: value for key, value in part(project.said, "services", name).items() if key not in _APART}
    if "deploy" in kept:
        kept["deploy"] = {key: value for key, value in part(dict(kept), "deploy").items() if key != "replicas"}
    if text(kept, "network_mode").startswith("service:"):
        kept["network_mode"] = mode
    return _hash(kept)


def _hash(said: Object) -> str:
    written = msgspec.json.encode(said).decode()
    for plain, escaped in _ESCAPED:
        written = written.replace(plain, escaped)
    return sha256(written.encode()).hexdigest()
