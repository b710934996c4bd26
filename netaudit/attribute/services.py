"""Services that should not face a network, by container port and image."""

from collections.abc import Mapping

import msgspec

from netaudit.model.exposure import Destination


class Service(msgspec.Struct, frozen=True):
    """A service as rules/services.yaml names it; `amplifies` UDP answers to forged senders."""

    name: str
    ports: tuple[int, ...] = ()
    images: tuple[str, ...] = ()
    amplifies: bool = False


class Services:
    """Looks services up."""

    def __init__(self, services: tuple[Service, ...], more_ports: Mapping[int, str] | None = None) -> None:
        self._sensitive = {port: one for one in services if not one.amplifies for port in one.ports}
        self._sensitive |= {port: Service(name, (port,)) for port, name in (more_ports or {}).items()}
        self._images = {image: one for one in services for image in one.images}
        self._amplifying = {port: one for one in services if one.amplifies for port in one.ports}

    def sensitive(self, port: int, image: str) -> str:
        """Return the sensitive service behind a container's TCP port, "" for none known."""
        found = self._sensitive.get(port) or self._images.get(_repository(image))
        return found.name if found else ""

    def at(self, destination: Destination, image: str) -> str:
        """Return the sensitive service that a destination leads to, "" for none known: of ranges nothing is."""
        binding = destination.binding
        spans = ((binding.container_port,) * 2,) if binding else destination.ports
        alone = len(spans) == 1 and spans[0][0] == spans[0][1] and destination.protocol == "tcp"
        return self.sensitive(spans[0][0], image) if alone else ""

    def amplifier(self, port: int) -> str:
        """Return the UDP service whose answers are larger than the requests, "" for none known."""
        found = self._amplifying.get(port)
        return found.name if found else ""


def _repository(image: str) -> str:
    """Take the last part of an image's name: `registry:5000/library/postgres:16@sha256:…` is postgres."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]
