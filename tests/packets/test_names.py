"""Names that a question may use: one that is not there is refused with the nearest one, one that is there is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from netaudit.errors import SubjectError
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice
from netaudit.packets.query.names import require_containers, require_ports, require_projects, require_zones
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
MODES = "28.5.2-iptables-nft/other-network-modes/03"  # `hosted` has the host's network, `guest` that of `base`
SHOP = "tour/shop/10"


def _snapshot(name: str = MODES) -> Snapshot:
    return parse_snapshot(load(RECORDINGS / name))


@contextmanager
def refused(said: str, hint: str) -> Iterator[None]:
    with pytest.raises(SubjectError) as error:
        yield
    assert error.value.message == said
    assert hint in error.value.hint


def test_containers_are_named_by_patterns_each_of_which_fits_one() -> None:
    require_containers(["base", "g*", "*"], [_snapshot()])
    with refused("there is no container bass here", "base"):
        require_containers(["base", "bass"], [_snapshot()])


def test_a_project_has_a_container() -> None:
    require_projects(["shop"], [_snapshot(SHOP)])
    with refused("no container of project shup", "shop"):
        require_projects(["shop", "shup"], [_snapshot(SHOP)])
    with refused("no container of project x", "see `docker compose ls`"):
        require_projects(["x"], [_snapshot()])


@pytest.mark.parametrize(
    ("zone", "said", "hint"),
    [
        ("lan:eth9", "this host has no zone lan:eth9", "lan:eth0"),
        ("planet", "this host has no zone planet", "zones here: internet, lan, host, network"),
        ("network:bridg", "this host has no zone network:bridg", "network:bridge"),
        ("container:", "--from container: which one?", "such as container:web"),
        ("container:bass", "there is no container bass here", "base"),
        ("container:b*", "container:b* names no zone: it stands for several containers", "name one of them"),
        ("container:hosted", "container hosted is no zone of its own here", "the host's own network: ask --from host"),
        ("container:guest", "container guest is no zone of its own here", "it shares the network of base"),
        ("container:base", "container base is no zone of its own here", "ask --from network:bridge, of which"),
    ],
)
def test_a_zone_that_is_not_there_is_refused_with_what_to_ask_instead(zone: str, said: str, hint: str) -> None:
    with refused(said, hint):
        require_zones(["internet", zone], [_snapshot()], ZoneChoice())


def test_zones_that_are_there_may_be_asked_for() -> None:
    require_zones(["internet", "lan", "host", "network", "lan:eth0", "network:bridge"], [_snapshot()], ZoneChoice())
    require_zones(["container", "container:base"], [_snapshot()], ZoneChoice(containers=True))
    with refused("--from container: which one?", ""):
        require_zones(["container"], [_snapshot()], ZoneChoice())


def test_a_container_that_sends_nothing_is_named_so() -> None:
    known = _snapshot()
    assert known.inventory
    stopped = tuple(
        msgspec.structs.replace(one, running=False) if one.name == "base" else one for one in known.inventory.containers
    )
    snapshot = msgspec.structs.replace(known, inventory=msgspec.structs.replace(known.inventory, containers=stopped))
    with refused("container base is no zone of its own here", "it is not running, or on no network"):
        require_zones(["container:base"], [snapshot], ZoneChoice())


def test_where_not_all_was_seen_a_zone_is_not_known_to_be_missing() -> None:
    blind = msgspec.structs.replace(_snapshot(), gaps=(Gap(Source.IP_ROUTE, GapReason.NOT_RECORDED, ""),))
    with refused("whether this host has a zone lan:eth9 is not known", "name another zone"):
        require_zones(["lan:eth9"], [blind], ZoneChoice())


def test_a_port_is_named_by_a_listener_a_binding_a_container_or_a_rule() -> None:
    shop = _snapshot(SHOP)
    assert shop.inventory
    bindings = [binding for one in shop.inventory.containers for binding in one.bindings]
    ports = [binding.host_port for binding in bindings] + [binding.container_port for binding in bindings]
    require_ports([*ports, *(one.port for one in shop.host.listeners)], [shop])
    with refused("no binding, listener, rule or finding is about port 64999", "`netaudit exposure` lists the ports"):
        require_ports([*ports, 64999], [shop])
    for reason, is_refused in ((GapReason.NOT_RECORDED, False), (GapReason.ABSENT, True)):
        partly = msgspec.structs.replace(shop, gaps=(Gap(Source.SOCKETS, reason, ""),))
        if is_refused:
            with refused("no binding, listener, rule or finding is about port 64999", ""):
                require_ports([64999], [partly])
        else:
            require_ports([64999], [partly])
