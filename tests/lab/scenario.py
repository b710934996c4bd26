"""What a scenario is: a daemon, and steps that somebody takes with it."""

import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from lab.engine import LEGACY, NFT, Engine
from lab.image import IDLE
from lab.namespaces import LabError

Subject = dict[str, str | bool]
_SWARM_SETTLES = 4.0  # seconds until a service's task runs, and its rules are there


@dataclass(frozen=True)
class Step:
    """One thing done: a command line run on the host, or `action` where a command line cannot do it.

    `subject` is whom the rules belong to that the step adds; `removed`: to whom those belonged that it removes.
    """

    do: str
    subject: Subject | None
    action: Callable[[Engine], None] | None = None
    fails: bool = False


@dataclass(frozen=True)
class Scenario:
    """A row of the scenario matrix (docker-rules.md, section 5): what is tried, on which engines."""

    rows: str
    name: str
    steps: tuple[Step, ...] = ()
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    since: tuple[int, ...] = (20, 10)
    before: tuple[int, ...] = (99,)
    backends: tuple[str, ...] = (NFT,)

    def runs_on(self, version: str, backend: str) -> bool:
        """Say whether this engine can run it."""
        number = tuple(int(part) for part in version.split("."))
        return self.since <= number < self.before and backend in self.backends


def take_step(engine: Engine, step: Step) -> str:
    """Do one step; gives what Docker said where it must refuse. Any other failure is a LabError."""
    if step.action:
        step.action(engine)
        return ""
    done = engine.host.run(shlex.split(step.do), check=False)
    if bool(done.returncode) != step.fails:
        raise LabError(f"{step.do}: exit {done.returncode}: {done.stderr.strip()}")
    if step.do.startswith(("docker swarm", "docker service")):
        time.sleep(_SWARM_SETTLES)
    return done.stderr.strip().splitlines()[0] if done.returncode else ""


BOTH = (NFT, LEGACY)
DAEMON: Subject = {"kind": "daemon"}
OPERATOR: Subject = {"kind": "operator"}


def container(name: str) -> Subject:
    return {"kind": "container", "name": name}


def run(name: str, flags: str = "") -> Step:
    """Run an idle container."""
    words = ("docker", "run", "-d", "--name", name, *flags.split(), *IDLE)
    return Step(" ".join(words), container(name))


def refused(name: str, flags: str) -> Step:
    """Try to run a container that Docker must refuse."""
    step = run(name, flags)
    return Step(step.do, step.subject, fails=True)


def remove(name: str) -> Step:
    return ends(f"docker rm -f {name}", name)


def does(command: str, name: str) -> Step:
    """Do something to a container, after which it may have rules."""
    return Step(command, container(name))


def ends(command: str, name: str) -> Step:
    """Do something to a container, after which it should have no rules."""
    return Step(command, {**container(name), "removed": True})


def network(name: str, flags: str = "") -> Step:
    words = ("docker", "network", "create", *flags.split(), name)
    return Step(" ".join(words), {"kind": "network", "name": name})


def network_gone(name: str) -> Step:
    return Step(f"docker network rm {name}", {"kind": "network", "name": name, "removed": True})


def operator(command: str) -> Step:
    """Do what an administrator does by hand."""
    return Step(command, OPERATOR)


def restart(*options: str) -> Step:
    """Restart the daemon with these options in place of the ones before."""
    return Step(" ".join(("restart dockerd", *options)), DAEMON, lambda engine: engine.restart(options))


def upgrade(version: str) -> Step:
    """Run another version on the same data."""
    return Step(f"restart dockerd as {version}", DAEMON, lambda engine: engine.become(version))
