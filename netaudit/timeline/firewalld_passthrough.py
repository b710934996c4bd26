"""What firewalld wrote for the engine: on a host with firewalld, dockerd has most of its iptables commands run by it.

So Docker's own rules come from a process whose parent is firewalld. Whose they are is told by what else happened: an
engine that stops or starts, a container's events; and where firewalld loads its own rules again, the engine only
follows.
"""

from netaudit.model.observation import DAEMON, Observation, Process

_PASSES_ON = "firewalld"
_COMMANDS = ("iptables", "ip6tables")  # one for each; its own rules it loads with iptables-restore or libnftables


def is_passed_on(process: Process) -> bool:
    """Tell whether firewalld ran a command for somebody."""
    names = set(process.name.split(", "))
    return _PASSES_ON in process.parent.split(" < ") and names <= {*_COMMANDS}


def is_for_engine(process: Process, observation: Observation) -> bool:
    """Tell whether firewalld ran a command while the engine went away or came back."""
    turned = observation.engine_away or any(one.type == DAEMON for one in observation.events)
    return turned and is_passed_on(process)


def follows_event(process: Process, observation: Observation) -> bool:
    """Tell whether firewalld ran a command while the engine was at work, and loaded nothing of its own."""
    own = any(_is_own(one.process or Process(one.name, one.pid)) for one in observation.commits)
    return bool(observation.events) and not own and is_passed_on(process)


def _is_own(process: Process) -> bool:
    named = process.name.startswith(_PASSES_ON) or _PASSES_ON in process.parent.split(" < ")
    return named and not is_passed_on(process)
