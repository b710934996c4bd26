"""The fields of Podman's objects that a recording keeps, by name; what is not named here is not kept."""

from netaudit.collect.docker.fields import CONTAINER, Fields, named

INFO: Fields = {
    "host": named("networkBackend")
    | {"networkBackendInfo": named("backend", "version", "package")}
    | {"security": named("rootless")},
    "version": named("APIVersion", "Version", "BuildOrigin"),
}

NETWORK: Fields = named(
    "name",
    "id",
    "driver",
    "network_interface",
    "created",
    "subnets",
    "ipv6_enabled",
    "internal",
    "dns_enabled",
    "options",
    "ipam_options",
)

PS: Fields = named("Id", "Names", "Networks", "Ports", "Pod", "PodName", "IsInfra", "State")

INSPECTED: Fields = {**CONTAINER, **named("Pod", "IsInfra", "OCIRuntime")}
