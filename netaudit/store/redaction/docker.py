"""Docker's JSON and its daemon's options: the fields that netaudit reads, and no others."""

import re
from collections.abc import Callable, Mapping

import msgspec

from netaudit.model.docker import is_docker_socket
from netaudit.model.facts import Source
from netaudit.parse.decode import decode_json
from netaudit.store.redaction.text import Redactor

Redact = Callable[[str, Redactor], str]


def _keep(text: str, _: Redactor) -> str:
    return text


def _text(text: str, redactor: Redactor) -> str:
    return redactor.text(text)


def _id(text: str, redactor: Redactor) -> str:
    return redactor.names.id(text) if re.fullmatch(r"[0-9a-f]{12,64}", text) else redactor.names.container(text)


def _network(text: str, redactor: Redactor) -> str:
    return redactor.names.network(text)


def _container(text: str, redactor: Redactor) -> str:
    slash = "/" if text.startswith("/") else ""
    return slash + redactor.names.container(text.removeprefix("/"))


def _image(text: str, redactor: Redactor) -> str:
    return redactor.names.pseudonym("image", text) if text else ""


def _mode(text: str, redactor: Redactor) -> str:
    """Redact a network mode: `bridge`, a network's name, `container:ID`."""
    kind, colon, name = text.partition(":")
    return f"{kind}:{_id(name, redactor)}" if colon else redactor.names.network(text)


def _link(text: str, redactor: Redactor) -> str:
    """Redact `/child:/parent/alias`."""
    return ":".join("/".join(redactor.names.container(part) for part in end.split("/")) for end in text.split(":"))


def _sandbox(text: str, redactor: Redactor) -> str:
    folder, slash, name = text.rpartition("/")
    return f"{folder}{slash}{redactor.names.id(name)}" if re.fullmatch(r"[0-9a-f]{12,}", name) else text


def _mount(text: str, redactor: Redactor) -> str:
    """Keep that it is Docker's socket: who has it has the host."""
    return f"/{text.rpartition('/')[2]}" if is_docker_socket(text) else redactor.names.pseudonym("mount", text)


def _option(key: str, value: str, redactor: Redactor) -> str:
    match key.rpartition(".")[2]:
        case "name":
            return redactor.names.interface(value)
        case "trusted_host_interfaces":
            return ":".join(redactor.names.interface(name) for name in value.split(":"))
        case _:
            return redactor.text(value)


# A field: how its text is redacted, or the fields within. `*` stands for keys that are names; they are redacted by the
# rule under `key`. Numbers and truth values stay as they are.
_OPTIONS = "options"
Schema = Mapping[str, object]
_VERSION: Schema = {"Server": {"Version": _keep, "ApiVersion": _keep}}
_INFO: Schema = {
    "ServerVersion": _keep,
    "LiveRestoreEnabled": _keep,
    "EnableUserlandProxy": _keep,
    "FirewallBackend": {"Driver": _keep},
    "SecurityOptions": _keep,
    "Swarm": {"LocalNodeState": _keep, "Cluster": {"DataPathPort": _keep}},
}
_NETWORK: Schema = {
    **dict.fromkeys(("Scope", "Driver", "EnableIPv4", "EnableIPv6", "Internal", "Ingress", "ConfigOnly"), _keep),
    "Id": _id,
    "Name": _network,
    "ConfigFrom": {"Network": _network},
    "IPAM": {"Config": {"Subnet": _text, "Gateway": _text, "IPRange": _text}},
    "Options": _OPTIONS,
    "Containers": {
        "key": _id,
        "*": {"Name": _container, "IPv4Address": _text, "IPv6Address": _text, "MacAddress": _text},
    },
}
_ENDPOINT: Schema = {
    "NetworkID": _id,
    **dict.fromkeys(("IPAddress", "Gateway", "GlobalIPv6Address", "IPv6Gateway", "MacAddress"), _text),
    **dict.fromkeys(("IPPrefixLen", "GlobalIPv6PrefixLen", "GwPriority"), _keep),
}
_KEPT_OF_HOST = ("PublishAllPorts", "Privileged", "CapAdd")
_CONTAINER: Schema = {
    "Id": _id,
    "Name": _container,
    "State": {"Status": _keep, "Running": _keep, "Pid": _keep},
    "Config": {"Image": _image, "ExposedPorts": {"key": _keep, "*": {}}},
    "HostConfig": {"NetworkMode": _mode, "Links": _link, **dict.fromkeys(_KEPT_OF_HOST, _keep)},
    "Mounts": {"Source": _mount},
    "NetworkSettings": {
        "SandboxKey": _sandbox,
        "Ports": {"key": _keep, "*": {"HostIp": _text, "HostPort": _keep}},
        "Networks": {"key": _network, "*": _ENDPOINT},
    },
}
# What parse reads of the daemon's arguments and daemon.json.
_DAEMON = frozenset(
    {
        "userland-proxy",
        "iptables",
        "ip6tables",
        "allow-direct-routing",
        "bridge-accept-fwmark",
        "icc",
        "ip-masq",
        "ip-forward",
    }
)


def redact_version(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `docker version`."""
    return _redact(data, redactor, source, _VERSION)


def redact_info(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `docker info`."""
    return _redact(data, redactor, source, _INFO)


def redact_networks(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `docker network inspect`."""
    return _redact(data, redactor, source, _NETWORK)


def redact_containers(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `docker inspect`."""
    return _redact(data, redactor, source, _CONTAINER)


def redact_daemon_json(data: bytes, _: Redactor, source: Source) -> bytes:
    """Keep the options that decide over rules."""
    options = decode_json(data, dict[str, object], source=source, expected="JSON")
    return msgspec.json.encode({name: value for name, value in options.items() if name in _DAEMON})


def redact_arguments(data: bytes, _redactor: Redactor, _source: Source) -> bytes:
    """Keep the arguments that decide over rules, and the name of the program."""
    words = [word for word in data.decode(errors="replace").split("\n") if word]
    kept = words[:1] if words[:1] and not words[0].startswith("-") else []
    kept = [word.rpartition("/")[2] for word in kept]
    for word, following in zip(words, [*words[1:], ""], strict=False):
        name, equals, _value = word.removeprefix("--").partition("=")
        if word.startswith("--") and name in _DAEMON:
            kept += [word] if equals or following.startswith("-") or not following else [word, following]
    return "".join(f"{word}\n" for word in kept).encode()


def _redact(data: bytes, redactor: Redactor, source: Source, schema: Schema) -> bytes:
    value = decode_json(data, object, source=source, expected="what Docker prints")
    return msgspec.json.encode(_apply(value, redactor, schema))


def _apply(value: object, redactor: Redactor, rule: object) -> object:
    """Redact a value by its rule; in a list, each of its items. What has no rule is left away."""
    match value:
        case list():
            return [_apply(one, redactor, rule) for one in value]
        case dict():
            return _apply_to_object(value, redactor, rule)
        case str():
            return rule(value, redactor) if callable(rule) else None
        case _:
            return value


def _apply_to_object(value: Mapping[str, object], redactor: Redactor, rule: object) -> object:
    match rule:
        case "options":
            return {key: _option(key, str(one), redactor) for key, one in value.items() if _is_drivers(key)}
        case {"*": inner, "key": key_rule} if callable(key_rule):
            return {key_rule(key, redactor): _apply(one, redactor, inner) for key, one in value.items()}
        case dict():
            return {key: _apply(one, redactor, rule[key]) for key, one in value.items() if key in rule}
        case _:
            return None


def _is_drivers(key: str) -> bool:
    """Tell whether an option is one of Docker's own drivers."""
    return key.startswith("com.docker.network.") or key == "encrypted"
