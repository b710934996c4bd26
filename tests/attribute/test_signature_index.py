"""Of a long chain a signature is tried on those rules alone that it can fit: what fits is found as it was."""

import random
import re
from collections.abc import Iterator

import pytest

from netaudit.api.rules import shipped_catalog
from netaudit.attribute.observed.indexed import FEW, SignatureIndex
from netaudit.attribute.observed.unify import unify
from netaudit.attribute.signatures.signature import Signature
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind

SIGNATURES = shipped_catalog().signatures
EXAMPLES = {
    "subnet": ("172.17.0.0/16", "fd00:1::/64"),
    "container": ("172.17.0.2/32", "fd00::2/128"),
    "host": ("192.0.2.10/32", "fd00::2/128"),
    "host_ip": ("192.0.2.10", "2001:db8::1"),
    "host_port": ("80", "65535"),
    "container_port": ("80", "8080"),
    "bridge": ("docker0", "br-0123456789ab"),
    "protocol": ("tcp", "sctp"),
    "mark": ("0x1", "0xff/0xff"),
    "name": ("web-1",),
    "any": ("-j X --y 7",),
}
_ADDRESSES = ("172.17.0.2", "10.1.200.30", "fd00::17")


def _items(signature: Signature, chance: random.Random) -> Iterator[Item]:
    """Return rules of a signature, and such as differ from them in digits."""
    holes = signature.text.holes | signature.chain.holes
    values = {name: chance.choice(EXAMPLES.get(name, _ADDRESSES)) for name in sorted(holes)}
    text, chain = signature.text.fill(values), signature.chain.fill(values)
    family = signature.table_family or signature.families[0]
    for said in (text, re.sub(r"\d", lambda _: str(chance.randint(0, 9)), text)):
        yield Item(signature.object, min(signature.backends), family, signature.table, chain, said, 1)


def test_a_signature_that_fits_is_among_those_that_are_tried() -> None:
    chance, index = random.Random(17), SignatureIndex(SIGNATURES)  # noqa: S311 (which rules are tried)
    items = [item for one in SIGNATURES for item in _items(one, chance)]
    for item in items:
        for _ in range(FEW):
            index.find(item)
    fitting = 0
    for item in items:
        fits = {one.id for one in SIGNATURES if _is_for(one, item) and unify(one, item) is not None}
        assert fits <= {one.id for one in index.find(item)}
        fitting += bool(fits)
    assert fitting > len(items) / 3


def _is_for(one: Signature, item: Item) -> bool:
    kind = (one.table, one.object) == (item.table, item.object)
    return kind and item.backend in one.backends and one.is_of(item.family)


@pytest.mark.parametrize(("text", "tried"), [("-s 192.0.2.1/32 -j LOG", 0), ("-i docker0 -j RETURN", 1)])
def test_a_rule_is_tried_on_what_it_can_be_alone(text: str, tried: int) -> None:
    item = Item(ObjectKind.RULE, Backend.IPTABLES_NFT, "ip", "nat", "DOCKER", f"-A DOCKER {text}", 1)
    index = SignatureIndex(SIGNATURES)
    assert len([index.find(item) for _ in range(FEW + 1)][-1]) == tried
