"""rules/services.yaml -> the services that should not face a network."""

from netaudit.attribute.services import Service
from netaudit.catalog.document import Strict, read_yaml, rules_folder


class _Services(Strict):
    services: list[Service]


def load_services() -> tuple[Service, ...]:
    """Load the services that should not face a network."""
    return tuple(read_yaml(rules_folder() / "services.yaml", _Services).services)
