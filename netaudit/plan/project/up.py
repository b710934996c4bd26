"""Bring a project up on the planned engine, as `docker compose up --detach` does."""

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.errors import PlanError, UsageError
from netaudit.model.plan import Assumption, AssumptionKind, assume
from netaudit.plan.engine.objects import Object, is_running, items, name_of, part, text
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.project.asking import Asking, fails
from netaudit.plan.project.bodies import LABEL, Body, container_body, endpoint_body, image_of, network_body
from netaudit.plan.project.existing import hash_of, in_compose_order, is_same_container, is_same_network, number_of
from netaudit.plan.project.hashes import network_hash
from netaudit.plan.project.model import Project, Service


def read_project(data: bytes | str) -> Project:
    """Read what `docker compose config --format json` printed. Raises UsageError."""
    try:
        return msgspec.structs.replace(decode_json(data, Project), said=decode_json(data, dict[str, Any]))
    except UnfitError as error:
        hint = "give what `docker compose config --format json` prints"
        raise UsageError(f"this is no Compose project as JSON: {error}", hint=hint) from error


def bring_up(engine: StandIn, project: Project) -> tuple[Assumption, ...]:
    """Send what Compose would send; return what is taken for granted. Raises PlanError where Compose would fail."""
    up = _Up(Asking(engine), project)
    up.look_for_images()
    up.make_networks()
    for name, service in project.in_order:
        up.make_containers(name, service)
    up.start()
    return tuple(up.assumptions)


class _Up:
    """One project that is brought up: its containers by service, as far as they are made."""

    def __init__(self, ask: Asking, project: Project) -> None:
        self._ask = ask
        self._project = project
        self._made: dict[str, list[Object]] = {}
        self.assumptions: list[Assumption] = []

    def look_for_images(self) -> None:
        """Ask for the images, as Compose does: what is not there would be pulled or built."""
        for image in sorted({image_of(self._project, name) for name in self._project.services}):
            self._ask.get(f"/images/{image}/json")

    def make_networks(self) -> None:
        """Make the networks that services are on, where they are not there."""
        used = {name for service in self._project.services.values() for name in service.networks}
        for name in sorted(used):
            network = self._project.networks[name]
            found = self._ask.get(f"/networks/{network.name}")
            if network.external and found is None:
                raise fails(f"network {network.name} declared as external, but could not be found")
            if found is None:
                self._ask.post("/networks/create", network_body(self._project, name, network))
            elif not network.external and not is_same_network(found, network, network_hash(self._project, name)):
                raise PlanError(
                    f"network {network.name} is there with other settings: Compose would make another",
                    hint="plan this with the client itself: netaudit plan -f compose.yaml",
                )

    def make_containers(self, name: str, service: Service) -> None:
        """Make as many containers of a service as it has; remove what is too many, or other than the service says."""
        there = in_compose_order(self._existing(name), lambda one: self._is_same(name, one))
        for one in there[service.replicas :]:
            self._remove(one)
        kept = there[: service.replicas]
        numbers = [number_of(one) for one in kept]
        made = self._made[name] = [self._converged(name, one) for one in kept]
        for number in range(max(numbers, default=0) + 1, max(numbers, default=0) + 1 + service.replicas - len(made)):
            own_name = service.container_name or f"{self._project.name}-{name}-{number}"
            made.append(self._create(name, number, own_name))

    def _is_same(self, name: str, there: Object) -> bool:
        return is_same_container(there, self._body(name, number_of(there), name_of(there)))

    def start(self) -> None:
        """Start all that does not run, in the order in which services wait for one another."""
        for name, _ in self._project.in_order:
            for one in self._made[name]:
                if not is_running(one):
                    self._ask.post(f"/containers/{text(one, 'Id')}/start")

    def _converged(self, name: str, there: Object) -> Object:
        """Return a container that is there where it is as the service says, else a new one in its place."""
        number, own_name = number_of(there), name_of(there)
        if self._is_same(name, there):
            if not hash_of(part(there, "Config")):
                self.assumptions.append(assume(AssumptionKind.COMPOSE_KEEPS, container=own_name))
            return there
        made = self._create(name, number, f"{text(there, 'Id')[:12]}_{own_name}")
        self._remove(there)
        self._ask.post(f"/containers/{text(made, 'Id')}/rename", query={"name": own_name})
        return made

    def _create(self, name: str, number: int, own_name: str) -> Object:
        body = self._body(name, number, own_name)
        ends = part(body, "NetworkingConfig", "EndpointsConfig")
        later = [] if self._ask.takes_several_networks else [(key, ends.pop(key)) for key in list(ends)[1:]]
        part(body, "NetworkingConfig")["EndpointsConfig"] = dict(sorted(ends.items()))  # as a map of Go is sent
        identity = text(self._ask.post("/containers/create", body, {"name": own_name}), "Id")
        for network, config in later:
            connection: Body = {"Container": identity, "EndpointConfig": config}
            self._ask.post(f"/networks/{network}/connect", connection)
        return self._ask.get(f"/containers/{identity}/json") or {}

    def _body(self, name: str, number: int, own_name: str) -> Object:
        service = self._project.services[name]
        links = list(self._links(service))
        networks = {key: self._project.networks[key].name for key, _ in service.by_priority}
        mode = self._mode(service) or next(iter(networks.values()), "none")
        ends = {
            networks[key]: endpoint_body(service, attachment, [own_name, name], links)
            for key, attachment in service.by_priority
        }
        body = container_body(self._project, name, number, mode, links)
        return cast("Object", {**body, "NetworkingConfig": {"EndpointsConfig": ends}})

    def _mode(self, service: Service) -> str:
        """Return the engine's word for a mode that names a container or a service, any other as it is."""
        kind, _, owner = service.network_mode.partition(":")
        if kind not in ("service", "container"):
            return service.network_mode
        owners = self._made.get(owner) if kind == "service" else [self._ask.get(f"/containers/{owner}/json")]
        if not owners or owners[0] is None:
            raise fails(f"no such {kind}: {owner}")
        return f"container:{text(owners[0], 'Id')}"

    def _links(self, service: Service) -> Iterator[str]:
        """List what a service links to, each container by all the names that it gets."""
        for link in service.links:
            name, _, alias = link.partition(":")
            for one in self._made.get(name, ()):
                names = (alias or name, f"{name}-{number_of(one)}", name_of(one))
                yield from (f"{name_of(one)}:{each}" for each in names)
        for link in service.external_links:
            name, _, alias = link.partition(":")
            yield f"{name}:{alias or name}"

    def _existing(self, name: str) -> Iterator[Object]:
        labels = (f"{LABEL}project={self._project.name}", f"{LABEL}service={name}", f"{LABEL}oneoff=False")
        filters = msgspec.json.encode({"label": dict.fromkeys(labels, True)}).decode()
        for one in items(self._ask.list("/containers/json", {"all": "1", "filters": filters})):
            yield self._ask.get(f"/containers/{text(one, 'Id')}/json") or {}

    def _remove(self, container: Object) -> None:
        identity = text(container, "Id")
        if is_running(container):
            self._ask.post(f"/containers/{identity}/stop")
        self._ask.delete(f"/containers/{identity}")
