"""The words of a report, explained: symbols, confidences, standings, outcomes, ways, gaps, coverage."""

from collections.abc import Iterator

from netaudit.report.terminal.explain.chains import look_up_chain
from netaudit.report.terminal.wrapping import wrap

SYMBOLS = {
    "+": ("added", "There after, not before."),
    "-": ("removed", "There before, not after."),
    "~": ("altered", "The same object with another content: a policy, a target, a base chain's priority, a counter."),
    ">": ("moved", "The same text, at another place among the rules that stayed. Order decides, so that is a change."),
    "!": (
        "wrong",
        "Ought to be there and is missing; or there, and stale, misplaced or duplicate; or now open to the outside.",
    ),
    "~?": ("altered", "Altered, and no maker that the catalog describes writes such a rule; +? and -? alike."),
    "?": ("unattributed", "No maker that the catalog describes writes such a rule; or it could not be decided."),
}
WORDS = {
    "proved": "Of a cause: the catalog, given Docker's inventory and version, expects this very text for this very"
    " cause. It is no guess.",
    "likely": "Of a cause: a maker writes rules of this form, and no inventory proves that it wrote this one.",
    "ambiguous": "Of a cause: more than one cause explains it. All are named; netaudit does not choose.",
    "unattributed": "Of a cause: no signature in the catalog writes this text for anything in the inventory."
    " A person, a script or a program that the catalog does not describe wrote it.",
    "expected": "Of a rule: it ought to be there, and it is.",
    "foreign": "Of a rule: another maker's, or of an unknown one. netaudit expects nothing of it.",
    "stale": "Of a rule: what it was written for (a container, an address, a network) is gone. It still works: who"
    " gets that address next inherits it.",
    "misplaced": "Of a rule: it is there, but where it does not work, for example behind a rule that ends the chain.",
    "duplicate": "Of a rule: the same text once more than its maker writes it.",
    "missing": "Of a rule: given the inventory, it ought to be there, and it is not. What it protects is open, or what"
    " it allows is closed.",
    "undecided": "What decides it was not seen. Of a rule: it is called neither missing nor expected. Of a check: it is"
    " no finding, and not passed either. Of a policy's entry: it is neither kept nor broken. The fact is named.",
    "rules": "Coverage: how many rules were seen, over all tables, families and backends.",
    "coverage": "How many rules are explained, by confidence. What is not covered is reported, never left out.",
    "allowed": "Of packets: a packet of this kind arrives, and something takes it.",
    "not for all": "Of packets that are allowed: one kind of sender gets through, and another is stopped. An example of"
    " what is stopped is named, with the rule that stops it.",
    "limited": "Of packets that are allowed: a rule lets some through and others not, by rate, number, chance or the"
    " time of day. The rule is named.",
    "inside": "Of rows: the sender is the host itself or one of its containers, not the Internet or a neighbour.",
    "blocked": "Of packets: no packet of this kind arrives.",
    "nobody-listens": "An outcome of a trace: no rule stops the packet, and no program of the host takes it.",
    "may": "Of packets: it depends on a match that cannot be decided from what was recorded, or on facts that were not"
    " seen. The reason names it. Read it as allowed until you know better.",
    "dnat": "A way: a NAT rule leads the packets to the container.",
    "proxy": "A way: docker-proxy, a program of the host, takes the packets and sends its own to the container.",
    "rootless": "A way: a program of a rootless engine takes the packets on the host, where INPUT rules decide.",
    "direct": "A way: the packets are addressed to the container itself.",
    "local": "A way: a program of the host, or of a container on the host's network, takes them.",
    "none": "A way: nowhere. No rule leads them on and nobody listens.",
    "internet": "A zone: beyond the neighbours, through the interface of the default route.",
    "lan": "A zone: a neighbour on one of the host's links. It may route straight to a container's address.",
    "host": "A zone: the host itself.",
    "network": "A zone: another member of a Docker network. As a cause: the rule exists for a network of Docker.",
    "container": "A zone: one container.",
    "exposure": "Who can reach what: zone, destination, protocol and ports, the outcome, and the rule that decides it.",
    "operator": "A writer: a person who types rules, or a program that the catalog does not describe.",
    "daemon": "A cause: the rule exists because the Docker daemon runs.",
    "endpoint": "A cause: the rule exists because a container is attached to a network.",
    "port-binding": "A cause: the rule exists because a container publishes a port.",
    "other": "A cause: something that is no object of Docker; its name says what.",
    "cause": "The object of the inventory that a rule exists for. One rule may have several.",
    "maker": "Who writes such rules: docker, ufw, firewalld, libvirt, the kernel's own defaults, and so on.",
    "signature": "A rule with holes that a maker writes, in rules/attribution/. `netaudit explain` knows each by id.",
    "rule": "A Netfilter rule.",
    "table": "Chains, sets and maps of one family under one name.",
    "chain": "A list of rules. A base chain is attached to a hook; a regular one is jumped to.",
    "policy": "What a base chain does with packets that no rule decided.",
    "set": "Values that nftables rules look up.",
    "map": "Values that nftables rules look up, each with what to do.",
    "object": "A named object of nftables: a counter, quota, limit, helper or the like.",
    "finding": "A problem that a check found, with its severity, what it is about, the evidence and what to do.",
    "severity": "How bad a finding is: info, low, medium, high or critical. --fail-on says which ones fail a gate.",
    "confidence": "Of a cause: proved, likely, ambiguous or unattributed. Of a finding: high, medium or low, how"
    " surely it is a problem; a fact that was not seen makes it lower.",
    "critical": "A severity: act now. The Internet reaches what must face no network.",
    "high": "A severity: it must be mended, or accepted by somebody.",
    "medium": "A severity: it is often a mistake; it may be meant.",
    "low": "A severity: better be mended, and nothing depends on it now.",
    "info": "A severity: worth knowing.",
    "aspect": "What another check found about the same port, container or network: it is part of the same mistake, and"
    " counted with it. `--verbose` lists each with an ID of its own.",
    "also": "The same check's finding in another place: the same port over IPv6, or another port.",
    "check": "Something that netaudit looks for: a file in rules/checks/, with its condition, why, and what to do."
    " docs/checks.md lists them.",
    "look": "One recording of a history, as `netaudit watch` and `netaudit record` keep it; @3 names the third.",
    "binding": "A published port: an address and a port of the host that lead to a port of a container.",
    "family": "Whose packets: ip is IPv4, ip6 is IPv6, inet is both, bridge and arp are those below them.",
    "ip": "A family: IPv4.",
    "ip6": "A family: IPv6. A place that begins with ip6: is a rule of ip6tables.",
    "exposed": "Of a container: its image names the port, and nothing publishes it. As evidence of a finding: packets"
    " get there.",
    "newly open": "It was blocked or not there before, and is open now.",
    "masquerade": "A statement in POSTROUTING: packets leave with the host's own address, and answers find back.",
    "conntrack": "The kernel's memory of connections. Rules ask it for the state of a packet's connection"
    " (--ctstate), or for what it was before NAT (--ctorigdstport).",
    "ctorigdstport": "A match of conntrack: the port that the first packet was sent to, before DNAT: the published"
    " port, which a rule in DOCKER-USER does not see otherwise.",
    "symbolic": "Of many packets at once: sets of addresses and ports are followed through the rules, not one packet.",
    "not asked": "A check that was not put, because what it looks at was not seen. It is not passed.",
    "waived": "A finding that the operator accepted, in netaudit.toml, a file of waivers or a label of the container.",
    "baseline": "An earlier audit as JSON (--write-baseline): findings that it has are not new, and fail no gate.",
    "holds": "A verdict of a policy's entry: no packet breaks it.",
    "broken": "A verdict of a policy's entry: a packet breaks it. The packet and the deciding rule are shown.",
    "vacuous": "A verdict of a policy's entry: nothing on the host is what it names, so it says nothing. A typing error"
    " must not pass.",
    "zone": "Where packets come from: internet, lan:INTERFACE, host, network:NAME or container:NAME.",
    "row": "A line of the exposure table: a zone, what it sends to, the outcome and the deciding rule.",
    "docker-proxy": "A program of the engine that listens on a published port of the host, and sends what comes to the"
    " container. INPUT rules decide about such packets, not DOCKER-USER.",
    "symbol": "A value that is known only after the command ran, in braces: {bridge of shop_front}.",
    "gap": "Something that could not be seen. Nothing in a report speaks for it: absence of evidence is no evidence.",
    "absent": "A gap: the program, socket or file is not on the host.",
    "denied": "A gap: not enough privilege. Run as root.",
    "crashed": "A gap: the program died, or answered with an error.",
    "empty": "A gap: nothing was printed where something should have been.",
    "timeout": "A gap: no answer in time. --timeout gives more.",
    "invalid": "A gap: the answer cannot be read.",
    "partial": "A gap: an answer, but not for everything. Of a recording: it was taken while rules still changed.",
    "inconsistent": "A gap: the host changed while it was read. Nothing is called missing or stale then.",
    "not recorded": "A gap: the recording has no such file and does not say why.",
}
_ZONES = ("lan", "network", "container")  # lan:eth0, network:front


def look_up(subject: str) -> str:
    """Return what a word or symbol means, "" where reports do not use it."""
    if subject in SYMBOLS:
        word, meaning = SYMBOLS[subject]
        return f"{subject} ({word})\n  {meaning}"
    word = subject.lower().replace("_", " ")
    word = word if word in WORDS or word.partition(":")[0] not in _ZONES else word.partition(":")[0]
    if chain := look_up_chain(subject):
        return chain
    if word in WORDS:
        return f"{word}\n  {WORDS[word]}"
    return next((f"{mark} ({name})\n  {meaning}" for mark, (name, meaning) in SYMBOLS.items() if name == word), "")


def render_word(meaning: str, width: int) -> str:
    """Wrap what `look_up` found."""
    return "\n".join(_wrapped(meaning, width)) + "\n"


def _wrapped(meaning: str, width: int) -> Iterator[str]:
    for line in meaning.split("\n"):
        indent = " " * (len(line) - len(line.lstrip()))
        yield from wrap(line, width, rest=indent, hyphens=True)
