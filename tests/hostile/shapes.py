"""Input that is large or oddly shaped, at any size: many of a thing, long things, deep things, chains that jump."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

SIZES = (10**4, 10**5, 10**6, 10**7)  # bytes
SMALL_SIZES = (10**4, 10**5)


class Shape(NamedTuple):
    """A form of input and what to make of it, by its size in bytes."""

    form: str
    make: Callable[[int], bytes]


def _times(one: bytes, size: int) -> bytes:
    return one * max(1, size // len(one))


def _numbered(one: str, size: int, between: str = "") -> bytes:
    """Repeat a text in which {} is a number that counts."""
    return between.join(
        one.format(at, at % 250, at // 250 % 250) for at in range(max(1, size // (len(one) + 4)))
    ).encode()


def _saved(rules: bytes, chains: bytes = b"") -> bytes:
    return b"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n" + chains + rules + b"COMMIT\n"


def _chains(size: int, jumps: Callable[[int, int], list[int]]) -> bytes:
    """Make chains that jump to others: `jumps` tells where chain number i of n jumps to."""
    count = max(2, size // 60)
    names = "".join(f":C{at} - [0:0]\n" for at in range(count))
    rules = "".join(f"-A C{at} -j C{to % count}\n" for at in range(count) for to in jumps(at, count))
    return _saved(f"-A FORWARD -j C0\n{rules}".encode(), names.encode())


def _list(one: str, size: int) -> bytes:
    return (
        b"["
        + _numbered(
            one.replace("{", "{{").replace("}", "}}").replace("#0", "{0}").replace("#1", "{1}").replace("#2", "{2}"),
            size,
            ",",
        )
        + b"]"
    )


_CONTAINER = '{"Id":"c#0","Name":"/n#0","State":{"Running":true,"Pid":#0},"NetworkSettings":{"Ports":{"80/tcp":'
_CONTAINER += (
    '[{"HostIp":"0.0.0.0","HostPort":"#0"}]},"Networks":{"bridge":{"NetworkID":"n","IPAddress":"172.17.#2.#1"}}}}'
)
_BINDING = '{"HostIp":"0.0.0.0","HostPort":"#0"}'
_NETWORK = '{"Id":"n#0","Name":"net#0","Driver":"bridge","IPAM":{"Config":[{"Subnet":"10.#1.#2.0/24"}]}}'
_NFT_RULE = '{"rule":{"family":"inet","table":"t","chain":"c","handle":#0,"expr":[{"match":{"op":"==",'
_NFT_RULE += '"left":{"payload":{"protocol":"tcp","field":"dport"}},"right":#0}},{"accept":null}]}}'
_NFT_SET = '{"nftables":[{"table":{"family":"inet","name":"t","handle":1}},{"set":{"family":"inet","name":"s",'
_NFT_SET += '"table":"t","type":"ipv4_addr","handle":2,"elem":'
_NFT_HEAD = '{"nftables":[{"table":{"family":"inet","name":"t","handle":1}},{"chain":{"family":"inet","table":"t",'
_NFT_HEAD += '"name":"c","handle":2,"type":"filter","hook":"forward","prio":0,"policy":"accept"}},'
_ROUTE = '{"dst":"10.#1.#2.0/24","dev":"eth#0","protocol":"kernel","flags":[]}'
_ADDRESS = (
    '{"ifindex":#0,"ifname":"v#0","flags":["UP"],"addr_info":[{"family":"inet","local":"10.0.#2.#1","prefixlen":24}]}'
)
_WAIVER = '[[waivers]]\ncheck = "c#0"\nsubject = "s"\nreason = "r"\nowner = "o"\nuntil = 2027-01-01\n'


def _nft(body: Callable[[int], bytes]) -> Callable[[int], bytes]:
    return lambda size: _NFT_HEAD.encode() + body(size)[1:-1] + b"]}"


def _deep(open_: bytes, close: bytes, middle: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: _times(open_, size // 2) + middle + _times(close, size // 2)


# fmt: off
SHAPES: Mapping[str, Shape] = {
    "rules": Shape("save", lambda size: _saved(_numbered("-A FORWARD -s 10.0.{2}.{1}/32 -p tcp -m tcp --dport 1{0} -j DROP\n", size))),
    "same rule": Shape("save", lambda size: _saved(_times(b"-A FORWARD -j ACCEPT\n", size))),
    "tables": Shape("save", lambda size: _numbered("*t{0}\n:INPUT ACCEPT [0:0]\nCOMMIT\n", size)),
    "same table": Shape("save", lambda size: _times(b"*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", size)),
    "chains in a line": Shape("save", lambda size: _chains(size, lambda at, _: [at + 1])),
    "chains in a cycle": Shape("save", lambda size: _chains(size, lambda at, n: [(at + 1) % n, at])),
    "chains in diamonds": Shape("save", lambda size: _chains(size, lambda at, n: [at + 1, at + 1, at + 1] if at + 1 < n else [])),
    "chains side by side": Shape("save", lambda size: _chains(size, lambda at, n: list(range(1, n)) if at == 0 else [])),
    "long comment": Shape("save", lambda size: _saved(b'-A INPUT -m comment --comment "' + b"x" * size + b'" -j DROP\n')),
    "comment of quotes": Shape("save", lambda size: _saved(b'-A INPUT -m comment --comment "' + b'\\"' * (size // 2) + b'" -j DROP\n')),
    "comment of backslashes": Shape("save", lambda size: _saved(b'-A INPUT -m comment --comment "' + b"\\" * size + b"\n")),
    "long option": Shape("save", lambda size: _saved(b"-A INPUT --" + b"x" * size + b" -j DROP\n")),
    "options": Shape("save", lambda size: _saved(b"-A INPUT" + _times(b" -m tcp --dport 1", size) + b"\n")),
    "ports": Shape("save", lambda size: _saved(b"-A INPUT -p tcp -m multiport --dports " + _numbered("{0}", size, ",") + b" -j DROP\n")),
    "negations": Shape("save", lambda size: _saved(b"-A INPUT " + b"! " * (size // 2) + b"-s 1.1.1.1 -j DROP\n")),
    "one line": Shape("save", lambda size: b"x" * size),
    "empty lines": Shape("save", lambda size: _saved(b"\n" * size)),
    "commands": Shape("commands", lambda size: b"-P INPUT DROP\n" + _times(b"-A INPUT -s 1.1.1.1/32 -j DROP\n", size)),
    "listed rules": Shape("listing", lambda size: b"Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\n" + _times(b"DROP tcp -- 1.1.1.1 0.0.0.0/0 tcp dpt:80\n", size)),
    "listed matches": Shape("listing", lambda size: b"Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\nDROP tcp -- 1.1.1.1 0.0.0.0/0" + _times(b" tcp dpt:80", size)),
    "listed chains": Shape("listing", lambda size: _numbered("Chain C{0} (1 references)\ntarget prot opt source destination\n\n", size)),
    "comments in a listing": Shape("listing", lambda size: b"Chain INPUT (policy ACCEPT)\ntarget prot opt source destination\nDROP all -- a b " + b"/* " * (size // 3)),
    "nft rules": Shape("nft", _nft(lambda size: _list(_NFT_RULE, size))),
    "elements": Shape("nft", lambda size: _NFT_SET.encode() + _list('"10.#2.#1.1"', size) + b"}}]}"),
    "ranges": Shape("nft", lambda size: _NFT_SET.encode() + _list('{"range":["10.#2.#1.1","10.#2.#1.9"]}', size) + b"}}]}"),
    "wide ranges": Shape("nft", lambda size: _NFT_SET.replace("ipv4", "ipv6").encode() + _list('{"range":["2001:db8::#0","2001:db9:ffff:ffff:ffff:ffff:ffff:fffe"]}', size) + b"}}]}"),
    "deep expression": Shape("nft", lambda size: _NFT_HEAD.encode() + b'{"rule":{"family":"inet","table":"t","chain":"c","expr":[' + _deep(b'{"|":[1,', b"]}", b"1")(size) + b"]}}]}"),
    "deep nft": Shape("nft", _deep(b'{"nftables":[', b"]}")),
    "containers": Shape("containers", lambda size: _list(_CONTAINER, size)),
    "bindings": Shape("containers", lambda size: b'[{"Id":"c","NetworkSettings":{"Ports":{"80/tcp":' + _list(_BINDING, size) + b"}}}]"),
    "labels": Shape("containers", lambda size: b'[{"Id":"c","Config":{"Labels":{' + _numbered('"io.netaudit.accept.c{0}":"x"', size, ",") + b"}}}]"),
    "long name": Shape("containers", lambda size: b'[{"Id":"c","Name":"/' + b"n" * size + b'"}]'),
    "deep containers": Shape("containers", _deep(b"[", b"]")),
    "networks": Shape("networks", lambda size: _list(_NETWORK, size)),
    "members": Shape("networks", lambda size: b'[{"Id":"n","Containers":{' + _numbered('"c{0}":{{"Name":"n{0}","IPv4Address":"172.17.{2}.{1}/16"}}', size, ",") + b"}}]"),
    "info": Shape("info", lambda size: b'{"SecurityOptions":' + _list('"name=#0"', size) + b"}"),
    "arguments": Shape("arguments", lambda size: b"dockerd\n" + _numbered("--host=tcp://10.0.{2}.{1}:{0}\n", size)),
    "long argument": Shape("arguments", lambda size: b"dockerd\n--host=tcp://" + b"1" * size),
    "daemon hosts": Shape("daemon", lambda size: b'{"hosts":' + _list('"tcp://10.0.#2.#1:#0"', size) + b"}"),
    "interfaces": Shape("addresses", lambda size: _list(_ADDRESS, size)),
    "routes": Shape("routes", lambda size: _list(_ROUTE, size)),
    "routes of IPv6": Shape("routes6", lambda size: _list('{"dst":"2001:db8:#0::/64","dev":"e"}', size)),
    "sockets": Shape("sockets", lambda size: _numbered("tcp LISTEN 0 4096 10.0.{2}.{1}:{0} 0.0.0.0:*\n", size)),
    "holders of a socket": Shape("sockets", lambda size: b"tcp LISTEN 0 4096 0.0.0.0:80 0.0.0.0:* users:(" + _times(b'("a",pid=1,fd=1),', size) + b")\n"),
    "quotes of a socket": Shape("sockets", lambda size: b"tcp LISTEN 0 4096 0.0.0.0:80 0.0.0.0:* users:(" + _times(b'("\\', size) + b"\n"),
    "sysctls": Shape("sysctl", lambda size: _numbered("net.ipv4.conf.v{0}.forwarding = 1\n", size)),
    "inside": Shape("inside", lambda size: b"{" + _numbered('"c{0}":{{"iptables-save.txt":"*nat\\nCOMMIT\\n"}}', size, ",") + b"}"),
    "recording": Shape("recording", lambda size: _saved(_times(b"-A INPUT -j DROP\n", size))),
    "zeros": Shape("recording", bytes),
    "gaps": Shape("index", lambda size: b'{"format":1,"gaps":' + _list('{"source":"x#0","reason":"absent"}', size) + b"}"),
    "waivers": Shape("waivers", lambda size: _times(_WAIVER.encode(), size)),
    "ports of a config": Shape("config", lambda size: b"[sensitive-ports]\n" + _numbered('1{0} = "p"\n', size)),
    "deep TOML": Shape("config", lambda size: b"skip = " + _deep(b"[", b"]")(size)),
    "dotted TOML": Shape("config", lambda size: _times(b"a.", size) + b"a = 1"),
    "number of TOML": Shape("config", lambda size: b"skip = " + b"9" * size),
    "baseline": Shape("baseline", lambda size: b'{"schema":"netaudit/audit/v1","findings":' + _list('{"fingerprint":"#0"}', size) + b"}"),
    "deep baseline": Shape("baseline", _deep(b'{"findings":[', b"]}")),
    "deep YAML": Shape("check", _deep(b"[", b"]")),
    "number of YAML": Shape("check", lambda size: b"severity: " + b"9" * size),
    "aliases of YAML": Shape("check", lambda _: b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12))),
    "deep condition": Shape("check", lambda size: b"summary: s\nseverity: low\nconfidence: low\nsubject: daemon\nfinding: f\nrationale: r\nremediation: r\nflagged: [{}]\nclean: [{}]\ncondition: " + b"(" * (size // 2) + b"true" + b")" * (size // 2) + b"\n"),
    "holes": Shape("signatures", lambda size: b"maker: m\ntitle: t\nbackends: [nftables]\nsignatures:\n  a: {subject: daemon, table: t, purpose: p, chain: c, rule: '" + _times(b"{a} ", size) + b"'}\n"),
    "deep template": Shape("template", lambda size: b"{{ " + b"(" * (size // 2) + b"1" + b")" * (size // 2) + b" }}"),
    "blocks": Shape("template", lambda size: _times(b"{% if 1 %}", size // 2) + _times(b"{% endif %}", size // 2)),
    "loops": Shape("template", lambda _: b"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"),
    "long text": Shape("template", lambda _: b"{% for a in range(99999) %}" + b"x" * 1000 + b"{% endfor %}"),
}
# fmt: on


def shapes_of(form: str, sizes: tuple[int, ...]) -> Iterator[tuple[str, bytes]]:
    """Give each shape of a form in each size, with a name."""
    for name, shape in SHAPES.items():
        if shape.form == form:
            for size in sizes:
                yield f"{name}, {size} bytes", shape.make(size)
