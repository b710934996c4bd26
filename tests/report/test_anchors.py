from netaudit.attribute.attribution import Ref
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind
from netaudit.report.page.anchors import Anchors, slug


def rule(chain: str, position: int, backend: Backend = Backend.IPTABLES_NFT, table: str = "nat") -> Item:
    return Item(ObjectKind.RULE, backend, "ip", table, chain, "-A …", position)


def test_a_rule_is_named_by_its_place() -> None:
    assert Anchors().rule(rule("DOCKER", 3)) == "rule-ip-nat-DOCKER-3"


def test_backends_with_the_same_chains_are_told_apart() -> None:
    anchors = Anchors()
    names = [anchors.rule(rule("DOCKER", 3, backend)) for backend in Backend]
    assert sorted(names) == [
        "rule-ip-nat-DOCKER-3",
        "rule-ipset-ip-nat-DOCKER-3",
        "rule-legacy-ip-nat-DOCKER-3",
        "rule-nft-ip-nat-DOCKER-3",
    ]


def test_no_name_is_given_twice() -> None:
    anchors = Anchors()
    assert anchors.rule(rule("b-c", 1, table="a")) == "rule-ip-a-b-c-1"
    assert anchors.rule(rule("c", 1, table="a-b")) == "rule-ip-a-b-c-1.2"


def test_elements_of_a_map_are_told_apart_by_their_text() -> None:
    anchors = Anchors()
    items = [Item(ObjectKind.MAP, Backend.NFTABLES, "ip", "t", "m", text) for text in ("80 : drop", "81 : drop")]
    assert len({anchors.rule(item) for item in items}) == 2


def test_two_containers_of_one_name_are_told_apart_by_their_ids() -> None:
    anchors = Anchors()
    first, second = Ref("a" * 64, "web"), Ref("b" * 64, "web")
    assert [anchors.subject("container", ref) for ref in (first, second, first)] == [
        "container-web",
        "container-web-bbbbbbbbbbbb",
        "container-web",
    ]


def test_what_is_no_fit_for_an_id_is_replaced_and_told_apart() -> None:
    assert slug("a b") == "a_b~c8687a08"
    assert slug("a\tb") != slug("a b")
    assert len(slug("x" * 1000)) < 100
