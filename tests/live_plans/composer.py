"""Random commands of docker compose, and the files that they read."""

import json
from pathlib import Path

from random_hosts.chance import Chance

from live_plans.project_files import write_project
from live_plans.projects import Project, random_project
from live_plans.there import There

_NAMES = ("shop", "blog")
_FIRST = (["up", "-d"], ["up", "-d", "--remove-orphans"], ["up", "-d"], ["create"], ["up", "--no-start"])
_UP = ([], ["--force-recreate"], ["--no-recreate"], ["--no-deps"], ["--always-recreate-deps"])
_ACTIONS = ("down", "restart", "stop", "start", "kill", "up", "up", "rm", "create", "scale")


class Composer:
    """The projects of a host: what Compose is told to do with them, one command after another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._projects: dict[str, Project] = {}

    def command(self, chance: Chance, there: There) -> list[str]:
        """Return the next command of Compose; files are written for it."""
        name = chance.one(*_NAMES)
        if name not in self._projects or chance.happens(0.4):
            self._projects[name] = random_project(chance, there)
            action = chance.one(*_FIRST)
        else:
            action = _action(chance, list(self._projects[name]["services"]))
        project = json.loads(json.dumps(self._projects[name]))
        return [*write_project(self._folder / name, name, project, chance), *action]


def _action(chance: Chance, services: list[str]) -> list[str]:
    some, action = chance.some(2, services), chance.one(*_ACTIONS)
    scale = f"{chance.one(*services)}={chance.number(0, 3)}"
    match action:
        case "down":
            return ["down", *chance.one([], ["-v"], ["--remove-orphans"], some)]
        case "up":
            return ["up", "-d", *chance.one(*_UP), *some]
        case "rm":
            return ["rm", "-f", *chance.one(["-s"], []), *some]
        case "scale":
            return chance.one(["up", "-d", "--scale", scale], ["scale", scale])
        case _:
            return [action, *some]
