"""`docker netaudit …`: the plugin of Docker's command line.

Docker runs `docker-netaudit docker-cli-plugin-metadata` to learn what it is, and `docker-netaudit [OPTIONS OF DOCKER]
netaudit …` for a command. Source: docs.docker.com/engine/extend/cli_plugins and cli/cli-plugins/metadata of docker/cli.
"""

import json
import os
import sys
from typing import NoReturn

from netaudit.release import RELEASE

NAME = "netaudit"
# Options of docker that stand before the plugin's name, and the variable that says the same to netaudit.
_OPTIONS = {"-H": "DOCKER_HOST", "--host": "DOCKER_HOST", "-c": "DOCKER_CONTEXT", "--context": "DOCKER_CONTEXT"}
_METADATA = {
    "SchemaVersion": "0.1.0",
    "Vendor": "The netaudit authors",
    "Version": RELEASE,
    "ShortDescription": "Which container caused which Netfilter rule, and who can reach what",
}


def script() -> NoReturn:
    """Answer what Docker asks, or run the command line of netaudit."""
    if sys.argv[1:2] == ["docker-cli-plugin-metadata"]:
        sys.stdout.write(json.dumps(_METADATA) + "\n")
        sys.exit(0)
    sys.argv[1:] = _own_words(sys.argv[1:])
    from netaudit.__main__ import script as main  # noqa: PLC0415 (late: Docker asks every plugin at `docker help`)

    main()


def _own_words(words: list[str]) -> list[str]:
    """Return what stands behind the plugin's name; what stands before it becomes the environment of netaudit."""
    at = words.index(NAME) if NAME in words else 0
    before = iter(words[:at])
    for word in before:
        option, equals, value = word.partition("=")
        if option not in _OPTIONS:
            sys.stderr.write(f"netaudit: docker's option {option} is not followed (give --docker-host URL instead)\n")
            sys.exit(2)
        os.environ[_OPTIONS[option]] = value if equals else next(before, "")
    return words[at + 1 :] if NAME in words else words


if __name__ == "__main__":
    script()
