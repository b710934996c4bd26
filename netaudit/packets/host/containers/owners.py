"""Whose a listening socket is: which container of the host's network holds it, and which might.

A process of a container is in the control group that its engine made for it, whatever started it: an init, a shell,
`docker exec`. The group is named after the container, and is the one that the container's first process is in: a group
of that name elsewhere proves nothing, for users make groups below their own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from netaudit.model.docker import Container
from netaudit.model.host import Host, Listener

_ID = re.compile(r"[0-9a-f]{64}")


class Owners:
    """The containers that run in the host's network, and the sockets of each.

    Of `not_started` no process is known, as of a container that is planned.
    """

    def __init__(self, host: Host, containers: Sequence[Container]) -> None:
        found = tuple(_in_host_network(containers))
        self.running = tuple(one for one in found if one.pid)
        self.not_started = tuple(one for one in found if not one.pid)
        self._groups = {one.pid: one.paths for one in host.groups}
        self._first = {one.pid: one for one in self.running}
        self._by_group = {root: one for one in self.running for root in self._roots(one)}

    def owner(self, listener: Listener) -> Container | None:
        """Return the container whose process holds a socket, where that is certain."""
        held = (self._first.get(pid) or self._in_group(pid) for pid in listener.pids or ())
        return next((one for one in held if one is not None), None)

    def suspects(self, listeners: Iterable[Listener]) -> Iterator[tuple[Sequence[Container], Sequence[Listener]]]:
        """Yield containers with the sockets that each of them may hold, or may not.

        One whose control group is not known may hold whatever is not surely another's. One whose group is known may
        hold what was held by processes that could not be looked at.
        """
        told = {one.id for one in self._by_group.values()}
        others = [one for one in listeners if self.owner(one) is None]
        yield [one for one in self.running if one.id not in told], others
        yield [one for one in self.running if one.id in told], [one for one in others if self._is_hidden(one)]

    def _is_hidden(self, listener: Listener) -> bool:
        """Tell whether the processes of a socket were not looked at. A socket without a process is the kernel's own."""
        pids = listener.pids
        if pids is None:
            return True
        return pids != () and self._groups.keys().isdisjoint(pids)

    def _roots(self, container: Container) -> Iterator[str]:
        """Yield the control groups that are a container's own, in each hierarchy."""
        for path in self._groups.get(container.pid, ()):
            yield from (place for name, place in _named(path) if name == container.id)

    def _in_group(self, pid: int) -> Container | None:
        """Return the container in whose control group, or below it, a process is."""
        places = (place for path in self._groups.get(pid, ()) for _, place in _named(path))
        return next((self._by_group[place] for place in places if place in self._by_group), None)


def _named(path: str) -> Iterator[tuple[str, str]]:
    """Yield the ids of containers in a path, each with the group that it names."""
    for found in _ID.finditer(path):
        end = path.find("/", found.end())
        yield found[0], path if end < 0 else path[:end]


def _in_host_network(containers: Iterable[Container]) -> Iterator[Container]:
    """Yield the running containers in the host's network, with those that share the one of such a container."""
    known = [one for one in containers if one.running]
    hosts = {name for one in known if one.network_mode == "host" for name in (one.id, one.name)}
    yield from (one for one in known if one.network_mode == "host" or one.base in hosts)
