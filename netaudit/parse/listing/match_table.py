"""What each match prints in a listing, and its options in iptables-save: a row is MODULE | PATTERN => OPTIONS.

In a pattern %n is a negation, %v a word, %d a number, %x hexadecimal, %c words in capitals; {n} and {v} stand for what
they held. The rows were read off real kernels; tests hold them against iptables-save.
"""

import re

from netaudit.parse.listing.words import Pattern, fill

_TABLE = r"""
conntrack | %nctstate %c => {n} --ctstate {v}
conntrack | %nctproto %v => {n} --ctproto {v}
conntrack | %nctorigsrcport %v => {n} --ctorigsrcport {v}
conntrack | %nctorigdstport %v => {n} --ctorigdstport {v}
conntrack | %nctstatus %c => {n} --ctstatus {v}
conntrack | ctdir %c => --ctdir {v}
state     | %nstate %c => {n} --state {v}
limit     | limit: avg %v burst 5 => --limit {v}
limit     | limit: avg %v burst (?P<w>\d+) => --limit {v} --limit-burst {w}
mark      | mark match %n%x => {n} --mark {v}
connmark  | connmark match +%n%x => {n} --mark {v}
addrtype  | ADDRTYPE match src-type %n%c dst-type (?P<w>[A-Z,]+) => {n} --src-type {v} --dst-type {w}
addrtype  | ADDRTYPE match src-type %n%c => {n} --src-type {v}
addrtype  | ADDRTYPE match dst-type %n%c => {n} --dst-type {v}
addrtype  | limit-in => --limit-iface-in
addrtype  | limit-out => --limit-iface-out
pkttype   | PKTTYPE (?P<n>!)?= %v => {n} --pkt-type {v}
mac       | MAC ?%n(?P<v>[0-9A-Fa-f:]+) => {n} --mac-source {v}
iprange   | source IP range %n%v => {n} --src-range {v}
iprange   | destination IP range %n%v => {n} --dst-range {v}
length    | length %n(?P<v>\d+(?::\d+)?) => {n} --length {v}
ttl       | TTL match TTL == %d => --ttl-eq {v}
ttl       | TTL match TTL (?P<n>!)= %d => {n} --ttl-eq {v}
ttl       | TTL match TTL < %d => --ttl-lt {v}
ttl       | TTL match TTL > %d => --ttl-gt {v}
hl        | HL match HL == %d => --hl-eq {v}
hl        | HL match HL (?P<n>!)= %d => {n} --hl-eq {v}
hl        | HL match HL < %d => --hl-lt {v}
hl        | HL match HL > %d => --hl-gt {v}
dscp      | DSCP match %n%x => {n} --dscp {v}
tos       | tos match ?%n%x => {n} --tos {v}
helper    | %nhelper match "(?P<v>[\w-]+)" => {n} --helper {v}
socket    | socket (?P<v>--[\w-]+(?: --[\w-]+)*) => {v}
rpfilter  | rpfilter invert => --invert
rpfilter  | rpfilter loose => --loose
rpfilter  | rpfilter loose invert => --loose --invert
policy    | policy match dir (?P<v>in|out) pol (?P<w>ipsec|none) => --dir {v} --pol {w}
physdev   | (?:PHYSDEV match )?%n(?P<v>--physdev-(?:in|out)) (?P<w>\S+) => {n} {v} {w}
physdev   | (?:PHYSDEV match )?%n(?P<v>--physdev-is-\w+) => {n} {v}
statistic | statistic mode random %nprobability %v => --mode random {n} --probability {v}
statistic | statistic mode nth %nevery %d packet (?P<w>\d+) => --mode nth {n} --every {v} --packet {w}
statistic | statistic mode nth %nevery %d => --mode nth {n} --every {v} --packet 0
connlimit | #conn src/(?P<w>\d+) > %d => --connlimit-above {v} --connlimit-mask {w} --connlimit-saddr
connlimit | #conn src/(?P<w>\d+) <= %d => --connlimit-upto {v} --connlimit-mask {w} --connlimit-saddr
connlimit | #conn dst/(?P<w>\d+) > %d => --connlimit-above {v} --connlimit-mask {w} --connlimit-daddr
connlimit | #conn dst/(?P<w>\d+) <= %d => --connlimit-upto {v} --connlimit-mask {w} --connlimit-daddr
cpu       | cpu %n%d => {n} --cpu {v}
cgroup    | cgroup %n%d => {n} --cgroup {v}
realm     | realm %n%x => {n} --realm {v}
quota     | quota: %n%d bytes => {n} --quota {v}
u32       | u32 %n(?P<v>"[^"]+") => {n} --u32 {v}
tcpmss    | tcpmss match %n%v => {n} --mss {v}
esp       | esp spis?:%n%v => {n} --espspi {v}
connbytes | connbytes %n%v connbytes mode (?P<w>\w+) connbytes direction (?P<z>\w+)
          => {n} --connbytes {v} --connbytes-mode {w} --connbytes-dir {z}
owner     | owner socket exists => --socket-exists
set       | %nmatch-set %v (?P<w>(?:src|dst)(?:,(?:src|dst))*) => {n} --match-set {v} {w}
"""
_SHORT = {
    "%n": r"(?P<n>! ?)?",
    "%v": r"(?P<v>\S+)",
    "%d": r"(?P<v>\d+)",
    "%x": r"(?P<v>0x\w+(?:/0x\w+)?)",
    "%c": r"(?P<v>[A-Z_,]+)",
}


def _row(line: str) -> Pattern:
    module, rest = line.split("|", 1)
    pattern, options = rest.split(" => ")
    for short, long in _SHORT.items():
        pattern = pattern.replace(short, long)

    def read(found: re.Match[str], _: object) -> list[str]:
        return ["-m", module.strip(), *fill(options.strip(), found)]

    return re.compile(pattern.strip()), read


MATCHES: list[Pattern] = [_row(line) for line in _TABLE.strip().replace("\n          =>", " =>").splitlines()]
