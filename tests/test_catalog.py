"""rules/attribution: all that ships loads; what is invalid is refused, with file and key."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import SWEEP, every

import netaudit
from netaudit.attribute.signatures.signature import Applies, Signature, make_alternative
from netaudit.attribute.signatures.template import HOLES, Template
from netaudit.catalog import load_catalog, load_catalog_from
from netaudit.errors import CatalogError, NetauditError
from netaudit.model.version import Version

SHIPPED = Path(netaudit.__path__[0]).parent / "rules" / "attribution"
CATALOG = load_catalog()
GOOD = """
maker: acme
title: Acme
backends: [iptables-nft]
signatures:
  greet: {subject: daemon, table: filter, rule: "-A INPUT -i {bridge} -j ACCEPT", purpose: Greets.}
"""


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_shipped_file_loads_alone_and_says_where_it_knows_it_from(tmp_path: Path, file: Path) -> None:
    (tmp_path / file.name).write_bytes(file.read_bytes())
    alone = load_catalog_from(tmp_path)
    assert alone.signatures or alone.owned
    assert yaml.safe_load(file.read_text())["sources"]


def test_the_shipped_catalog_is_all_files_in_the_order_of_their_names() -> None:
    files = [signature.id.partition("/")[0] for signature in CATALOG.signatures]
    assert files == sorted(files)
    assert {path.stem for path in SHIPPED.glob("*.yaml")} == {
        *files,
        *(one.id.partition("/")[0] for one in CATALOG.owned),
    }


def test_ids_are_unique_and_every_signature_says_its_purpose() -> None:
    ids = [one.id for one in CATALOG.signatures]
    assert len(ids) == len(set(ids))
    assert [one.id for one in (*CATALOG.signatures, *CATALOG.owned) if not one.purpose.endswith(".")] == []


def test_only_docker_and_podman_are_expected_other_makers_are_recognised() -> None:
    assert {signature.maker for signature in CATALOG.signatures if signature.subject.value != "other"} == {
        "docker",
        "podman",
    }


# ---- what is invalid ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (
            "purpose: Greets.}",
            "purpose: Greets., colour: red}",
            "signatures.greet: Object contains unknown field `colour`",
        ),
        ("title: Acme", "name: Acme", ""),
        ("subject: daemon", "subject: demon", "signatures.greet.subject: Invalid enum value 'demon'"),
        ("[iptables-nft]", "[pf]", "$.backends"),
        (", purpose: Greets.", "", "signatures.greet: Object missing required field `purpose`"),
        ("signatures:", "options: {o: [{value: 1}]}\nsignatures:", "options.o[0].value: Expected `bool`"),
        ("signatures:", "owns: {o: {chain: X}}\nsignatures:", "owns.o: Object missing required field `purpose`"),
        ("signatures:", "owns: {greet: {purpose: P., chain: X}}\nsignatures:", "owns.greet: the same id stands"),
        ("{bridge}", "{bridges}", "signatures.greet: unknown hole {bridges}"),
        ("purpose: G", "when: {color: red}, purpose: G", "signatures.greet: unknown condition color"),
        ("purpose: G", "when: {icc: perhaps}, purpose: G", "signatures.greet: condition icc cannot be perhaps"),
        ("purpose: G", "when: {engine: 28}, purpose: G", ""),
        ("purpose: G", 'when: {engine: "~28"}, purpose: G', "signatures.greet: not a bound of a version range"),
        ("purpose: G", 'when: {engine: ">= 28"}, purpose: G', "signatures.greet: not a bound of a version range"),
        ('rule: "-A INPUT -i {bridge} -j ACCEPT", ', "", "signatures.greet: needs one of"),
        ('"-A INPUT -i {bridge} -j ACCEPT"', "accept", "signatures.greet.chain: "),
        ("purpose: G", 'beside: "{x}", purpose: G', "signatures.greet: unknown hole {x}"),
        (
            "-A INPUT -i {bridge}",
            "-A IN_{address} -i {bridge}",
            "signatures.greet: a chain cannot be expected by {address}",
        ),
        (
            "signatures:",
            "options: {o: [{value: true, table: nat, rule: '-A X {y}'}]}\nsignatures:",
            "options.o: unknown hole {y}",
        ),
        ("signatures:", "owns: {o: {purpose: P., chain: '('}}\nsignatures:", "owns.o: not a regular expression"),
        ("signatures:", "owns: {o: {purpose: P.}}\nsignatures:", "owns.o: needs one of chain, table and text"),
    ],
)
def test_what_is_invalid_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, where: str) -> None:
    assert old in GOOD
    (tmp_path / "acme.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(CatalogError) as caught:
        load_catalog_from(tmp_path)
    assert caught.value.message.startswith(f"acme.yaml: {where}")
    assert caught.value.hint == "CONTRIBUTING.md shows what a signature file may hold"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: 1\nb: 2\na: 3\n", "acme.yaml:3: not YAML: the key a stands twice"),
        ("a: 1\n? [b]\n: 2\n", "acme.yaml:2: not YAML: the key ['b'] stands twice, or is no word"),
        ("a: [\n", "acme.yaml:2: not YAML: "),
        ("a: b\nc: d: e\n", "acme.yaml:2: not YAML: "),
        ("\0", "acme.yaml"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path, text: str, where: str) -> None:
    (tmp_path / "acme.yaml").write_text(text)
    with pytest.raises(CatalogError) as caught:
        load_catalog_from(tmp_path)
    assert caught.value.message.startswith(where)


@pytest.mark.parametrize("data", [b"", b"[]", b"text", b"\xff\xfe\xfd", b"!!python/object/apply:os.system [id]"])
def test_what_is_no_signature_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "acme.yaml").write_bytes(data)
    with pytest.raises(CatalogError, match=r"^acme\.yaml"):
        load_catalog_from(tmp_path)


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(GOOD)
    (tmp_path / "README.md").write_text("not: [yaml")
    assert [signature.id for signature in load_catalog_from(tmp_path).signatures] == ["acme/greet"]


# ---- templates ----------------------------------------------------------------------------------------------------

VALUES = {
    "bridge": st.sampled_from(["docker0", "br-0123456789ab", "my.bridge", "a"]),
    "interface": st.sampled_from(["virbr0", "eth0.100"]),
    "trusted": st.sampled_from(["wg0", "eth1"]),
    "trusted_set": st.sampled_from(['"br-0123456789ab", "wg0"']),
    "protocol": st.sampled_from(["tcp", "udp", "sctp"]),
    "mark": st.sampled_from(["0x1", "0x1/0xff"]),
    "vxlan_hex": st.sampled_from(["0x1001"]),
    "nft_mark": st.sampled_from(["0x00000001", "& 0x000000ff == 0x00000001"]),
    "vni_hex": st.sampled_from(["0x100100"]),
    "name": st.sampled_from(["x", "a-b_c"]),
    "network_id": st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    "network_hash": st.from_regex(r"[0-9A-F]{13}", fullmatch=True),
    "network_name": st.from_regex(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,9}", fullmatch=True),
    "subnet_name": st.sampled_from(["10_88_0_0_nm16", "2001-db8-90--_nm64"]),
    "owner": st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    "ports": st.sampled_from(["80", "8080-8083", "8080:8083"]),
    "target_ports": st.sampled_from(["80", "80-83/8080"]),
    "any": st.text(max_size=5),
}
PREFIXES = st.one_of(
    st.ip_addresses(v=4).map(lambda address: f"{address}/32"),
    st.ip_addresses(v=6).map(lambda address: f"{address}/128"),
)
ADDRESSES = st.ip_addresses().map(str)
ALIKE = {HOLES["host_port"]: st.integers(1, 65535).map(str), HOLES["address"]: ADDRESSES, HOLES["subnet"]: PREFIXES}


def _values(hole: str) -> st.SearchStrategy[str]:
    return VALUES[hole] if hole in VALUES else ALIKE[HOLES[hole]]


@pytest.mark.parametrize("signature", every(4, CATALOG.signatures), ids=lambda signature: signature.id)
@given(data=st.data())
@settings(max_examples=3 * SWEEP)
def test_what_was_filled_in_is_found_again(signature: Signature, data: st.DataObject) -> None:
    for template in (signature.chain, signature.text):
        values = {hole: data.draw(_values(hole), label=hole) for hole in sorted(template.holes)}
        assert template.unify(template.fill(values)) == values


@pytest.mark.parametrize("hole", HOLES)
def test_every_hole_has_a_shape(hole: str) -> None:
    assert Template(f"-A X {{{hole}}}").holes == {hole}


def test_a_hole_that_stands_twice_holds_one_value() -> None:
    template = Template("-i {bridge} -o {bridge}")
    assert template.unify("-i docker0 -o docker0") == {"bridge": "docker0"}
    assert template.unify("-i docker0 -o docker1") is None


def test_braces_with_spaces_stand_for_themselves() -> None:
    assert Template("iifname { {trusted_set} } 100%").fill({"trusted_set": '"a"'}) == 'iifname { "a" } 100%'


def test_a_template_is_filled_in_two_steps_and_a_value_is_no_hole() -> None:
    form = Template("-d {container} -o {bridge} 100% -j {any}").format_with({"bridge": "{any}%s", "any": "ACCEPT"})
    assert form % {"container": "192.0.2.1/32"} == "-d 192.0.2.1/32 -o {any}%s 100% -j ACCEPT"


@given(st.text(max_size=30))
def test_any_text_is_unified_or_not(text: str) -> None:
    for signature in CATALOG.signatures[:20]:
        found = signature.text.unify(text)
        assert found is None or signature.text.fill(found) == text


# ---- conditions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "version", "applies"),
    [
        (">=28 <29", "28.5.2", Applies.YES),
        (">=28 <29", "29.0.0", Applies.NO),
        (">=28 <29", "20.10.24+dfsg1", Applies.NO),
        (">28.0.1", "28.0.1", Applies.NO),
        ("<=28.0.1", "v28.0.1-rc.1", Applies.YES),
        ("", "", Applies.YES),
        ("<28", "", Applies.UNKNOWN),
    ],
)
def test_versions_decide(engine: str, version: str, applies: Applies) -> None:
    facts = {"enabled": True, "proxy-only": False, "gateway": True, "trusted": False}
    assert make_alternative(engine, {}).applies(Version.parse(version), facts) is applies


@pytest.mark.parametrize(("icc", "applies"), [(True, Applies.YES), (False, Applies.NO), (None, Applies.UNKNOWN)])
def test_what_is_not_known_is_perhaps(icc: bool | None, applies: Applies) -> None:  # noqa: FBT001 (a fact's value)
    facts = {"enabled": True, "proxy-only": False, "gateway": True, "trusted": False, "icc": icc}
    assert make_alternative("", {"icc": True}).applies(Version.parse("28"), facts) is applies


def test_an_unknown_condition_names_the_known_ones() -> None:
    with pytest.raises(NetauditError) as caught:
        make_alternative("", {"colour": "red"})
    assert "userland-proxy" in caught.value.hint
