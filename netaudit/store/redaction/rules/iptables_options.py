"""What each option of iptables holds. An option that is not here, or holds something else, is not known."""

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address

from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.words import CONSTANTS, FAMILIES

# Gives what stands for one argument of a rule whose text is given, None where the argument is not of this kind.
Hide = Callable[[str, Redactor, str], str | None]

_SPAN = r"\d{0,10}(?:[:-]\d{0,10})?(?:/\d{1,10})?"  # a number, or its ends
_NUMBERS = re.compile(rf"(?=.*\d){_SPAN}(?:,{_SPAN})*", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_HEX = re.compile(r"(0x[0-9a-f]{1,8}|\d{1,10})(?:/(0x[0-9a-f]{1,8}|\d{1,10}))?", re.IGNORECASE | re.ASCII)
_RATE = re.compile(r"\d{1,7}(?:[kmg]?b)?/(?:s|sec|second|m|min|minute|h|hour|d|day)", re.ASCII)
_FLAG_PARTS = re.compile(r"[,/:|]")
_DATE = r"\d{4}(?:-\d\d){0,2}"
_CLOCK = r"\d\d?(?::\d\d){0,2}"
_TIME = re.compile(rf"{_DATE}(?:T{_CLOCK})?|{_CLOCK}", re.ASCII)


def _keep_numbers(text: str, _redactor: Redactor, _rule: str) -> str | None:
    """Keep numbers that are too small to be an address, and the largest one, which means no limit."""
    if not _NUMBERS.fullmatch(text):
        return None
    small = all(int(one) < 1 << 24 or one in ("4294967295", "4294967294") for one in _DIGITS.findall(text))
    return text if small else None


def _keep_words(text: str, redactor: Redactor, rule: str) -> str | None:
    parts = _FLAG_PARTS.split(text)
    if all(part.lower() in CONSTANTS or part in FAMILIES for part in parts):
        return text
    return _keep_numbers(text, redactor, rule) or _hide_mark(text, redactor, rule)


def _keep_rate(text: str, redactor: Redactor, rule: str) -> str | None:
    return text if _RATE.fullmatch(text) else _keep_numbers(text, redactor, rule)


def _keep_time(text: str, _redactor: Redactor, _rule: str) -> str | None:
    return text if _TIME.fullmatch(text) else None


def _hide_mark(text: str, redactor: Redactor, _rule: str) -> str | None:
    found = _HEX.fullmatch(text)
    if found is None:
        return None
    parts = [(part, int(part, 0) if part[:2] in ("0x", "0X") else int(part)) for part in found.groups() if part]
    if any(value >= 1 << 32 for _, value in parts):
        return None
    hidden = [(part, value, redactor.number(value)) for part, value in parts]
    return "/".join(part if value == other else f"{other:#x}" for part, value, other in hidden)


def _hide_mask(text: str, redactor: Redactor, rule: str) -> str | None:
    """Keep the mask of an address, which says nothing unless it has gaps, and redact that of a mark."""
    try:
        number = int(ip_address(text))
    except ValueError:
        return _hide_mark(text, redactor, rule)
    return text if f"{number:b}".rstrip("0").strip("1") == "" else None


def _hide_interface(text: str, redactor: Redactor, _rule: str) -> str | None:
    return redactor.interface(text)


def _hide_address(text: str, redactor: Redactor, _rule: str) -> str | None:
    return redactor.address(text)


def _hide_range(text: str, redactor: Redactor, _rule: str) -> str | None:
    """Hide a range that is one network; what stands for another is no range."""
    first, _, last = text.partition("-")
    found = redactor.address_range(first, last or first)
    if found is None or len(found) > 1:
        return None
    return f"{found[0][0]}-{found[0][-1]}" if last else str(found[0][0])


def _hide_destination(text: str, redactor: Redactor, rule: str) -> str | None:
    """Hide `ADDRESS`, `ADDRESS:PORTS`, `[ADDRESS]:PORTS`, `ADDRESS-ADDRESS`, `:PORTS`."""
    host, port = text, ""
    if "[" in text or text.count(":") == 1:
        host, _, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    bracketed = host.startswith("[")
    plain = host.replace("[", "").replace("]", "")
    hidden = _hide_range(plain, redactor, rule) if plain else ""
    if hidden is None or (port and _keep_numbers(port, redactor, rule) is None):
        return None
    if bracketed:
        hidden = "-".join(f"[{end}]" for end in hidden.split("-"))
    return f"{hidden}:{port}" if port else hidden


def _hide_mac(text: str, redactor: Redactor, _rule: str) -> str | None:
    return redactor.mac(text)


def _hide_text(text: str, redactor: Redactor, _rule: str) -> str | None:
    return redactor.text(text)


def _hide_comment(text: str, redactor: Redactor, rule: str) -> str | None:
    return redactor.comment(text, rule)


def _hide_set(text: str, redactor: Redactor, rule: str) -> str | None:
    return redactor.set_name(text, rule)


def _hide_name(text: str, redactor: Redactor, rule: str) -> str | None:
    """Hide the name of something; a number or a known word stays."""
    return _keep_words(text, redactor, rule) or redactor.name("n", text)


def _table(*rows: tuple[Hide | None, str]) -> Mapping[str, tuple[Hide, ...]]:
    return {name: (hide,) if hide else () for hide, names in rows for name in names.split()}


# By option: what its arguments are, one after the other; () for an option that has none.
OPTIONS: Mapping[str, tuple[Hide, ...]] = {
    **_table(
        (_hide_interface, "-i -o --physdev-in --physdev-out --oif --on-dev"),
        (_hide_address, "-s -d --ctorigsrc --ctorigdst --ctreplsrc --ctrepldst --vaddr --gateway --to --on-ip"),
        (_hide_address, "--tunnel-src --tunnel-dst --src-pfx --dst-pfx"),
        (_hide_range, "--src-range --dst-range"),
        (_hide_destination, "--to-destination --to-source"),
        (_hide_mac, "--mac-source"),
        (
            _hide_mark,
            "--mark --set-mark --set-xmark --and-mark --or-mark --xor-mark --nfmask --ctmask --tproxy-mark",
        ),
        (
            _hide_mark,
            "--hmark-mod --hmark-offset --hmark-rnd --set-tos --and-tos --or-tos --xor-tos --tos --dscp --set-dscp",
        ),
        (
            _keep_words,
            "-p --ctstate --state --ctproto --ctdir --ctstatus --src-type --dst-type --icmp-type --icmpv6-type",
        ),
        (
            _keep_words,
            "--pkt-type --reject-with --hashlimit-mode --mode --dir --pol --proto --connbytes-dir --connbytes-mode",
        ),
        (
            _keep_words,
            "--set-dscp-class --dscp-class --ctevents --expevents --log-level --weekdays --monthdays --hmark-tuple",
        ),
        (_keep_words, "--strip-options --type --packet --chunk-types --dccp-types"),
        (
            _keep_numbers,
            "--sport --dport --sports --dports --ports --to-ports --on-port --ctorigsrcport --ctorigdstport",
        ),
        (
            _keep_numbers,
            "--ctreplsrcport --ctrepldstport --ctexpire --length --ttl-eq --ttl-lt --ttl-gt --hl-eq --hl-lt",
        ),
        (_keep_numbers, "--hl-gt --limit-burst --hashlimit-burst --hashlimit-srcmask --hashlimit-dstmask"),
        (_keep_numbers, "--hashlimit-htable-size --hashlimit-htable-max --hashlimit-htable-expire"),
        (
            _keep_numbers,
            "--hashlimit-htable-gcinterval --connlimit-above --connlimit-upto --connlimit-mask --connbytes",
        ),
        (_keep_numbers, "--seconds --hitcount --rttl-value --every --probability-of --cpu --mss --set-mss --set-class"),
        (
            _keep_numbers,
            "--nflog-group --nflog-range --nflog-size --nflog-threshold --queue-num --queue-balance --zone",
        ),
        (_keep_numbers, "--ttl-set --ttl-dec --ttl-inc --hl-set --hl-dec --hl-inc --reqid --spi --ahspi --espspi"),
        (
            _keep_numbers,
            "--from --algo-to --quota --realm --sack-perm --wscale --tcp-option --fragid --rt-type --rt-segsleft",
        ),
        (_keep_rate, "--limit --hashlimit --hashlimit-upto --hashlimit-above"),
        (_keep_time, "--datestart --datestop --timestart --timestop"),
        (_hide_comment, "--comment"),
        (_hide_text, "--log-prefix --nflog-prefix --ulog-prefix"),
        (
            _hide_name,
            "--uid-owner --gid-owner --helper --timeout --name --hashlimit-name --label --nfacct-name --selctx",
        ),
        (_hide_name, "--led-trigger-id --rateest --rateest-name --rateest1 --rateest2 --timer-name"),
        (None, "-f --physdev-is-in --physdev-is-out --physdev-is-bridged --limit-iface-in --limit-iface-out --syn"),
        (None, "--socket-exists --notrack --checksum-fill --random --random-fully --persistent --clamp-mss-to-pmtu"),
        (None, "--save-mark --restore-mark --save --restore --queue-bypass --queue-cpu-fanout --log-tcp-sequence"),
        (None, "--log-tcp-options --log-ip-options --log-uid --log-macdecode --set --rcheck --update --remove --rttl"),
        (None, "--rsource --rdest --connlimit-saddr --connlimit-daddr --validmark --loose --accept-local --invert"),
        (None, "--strict --next --ecn-tcp-cwr --ecn-tcp-ece --ecn-tcp-remove --exist --nowildcard --transparent"),
        (None, "--restore-skmark --kerneltz --contiguous --return-nomatch --suppl-groups --sack-perm --timestamp"),
    ),
    "--tcp-flags": (_keep_words, _keep_words),
    "--mask": (_hide_mask,),
    "--match-set": (_hide_set, _keep_words),
    "--add-set": (_hide_set, _keep_words),
    "--del-set": (_hide_set, _keep_words),
    "--map-set": (_hide_set, _keep_words),
}
