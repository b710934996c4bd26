"""Rules for every match and target that iptables-extensions(8) lists: TABLE CHAIN, then what the rule says."""

BOTH = r"""
filter INPUT -m addrtype --src-type LOCAL --limit-iface-in -j ACCEPT
filter INPUT -m addrtype ! --dst-type BROADCAST,MULTICAST -j ACCEPT
filter INPUT -m bpf --bytecode "4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0" -j DROP
filter INPUT -m cgroup --cgroup 1 -j DROP
filter INPUT -m cluster --cluster-total-nodes 2 --cluster-local-node 1 --cluster-hash-seed 0xdeadbeef -j ACCEPT
filter INPUT -m comment --comment plain -j DROP
filter INPUT -m comment --comment "" -j DROP
filter INPUT -m comment --comment "it's \"quoted\" \\ here" -j DROP
filter INPUT -m comment --comment "/* not */ over" -j DROP
filter INPUT -m comment --comment "-j ACCEPT" -m comment --comment "two" -j DROP
filter INPUT -m connbytes --connbytes 10000:100000 --connbytes-dir both --connbytes-mode bytes -j DROP
filter INPUT -m connlabel --label 1 -j DROP
filter INPUT -p tcp --syn -m connlimit --connlimit-above 2 -j REJECT
filter INPUT -m connlimit --connlimit-upto 16 --connlimit-mask 24 -j ACCEPT
filter INPUT -m connmark --mark 0x1/0xff -j DROP
filter INPUT -m connmark ! --mark 7 -j DROP
filter INPUT -m conntrack --ctstate NEW,RELATED,ESTABLISHED -j ACCEPT
filter INPUT -m conntrack ! --ctstate INVALID --ctdir ORIGINAL --ctproto tcp --ctorigdstport 80 -j ACCEPT
filter INPUT -m conntrack --ctstatus SEEN_REPLY,ASSURED -j ACCEPT
filter INPUT -m cpu --cpu 0 -j DROP
filter INPUT -p dccp -m dccp --sport 1:2 ! --dport 7 -j DROP
filter INPUT -m devgroup --src-group 0x1/0xff -j DROP
filter INPUT -m dscp --dscp 0x0a -j DROP
filter INPUT -m dscp ! --dscp-class EF -j DROP
filter INPUT -p tcp -m ecn --ecn-tcp-cwr -j DROP
filter INPUT -p esp -m esp --espspi 500:600 -j DROP
filter INPUT -m hashlimit --hashlimit-above 10/sec --hashlimit-mode srcip,dstport --hashlimit-name hl -j DROP
filter INPUT -m helper --helper ftp-2121 -j ACCEPT
filter INPUT -m ipcomp --ipcompspi 18 -p ipcomp -j DROP
filter INPUT -m ipvs --ipvs -j DROP
filter INPUT -m length --length 64 -j DROP
filter INPUT -m length ! --length 100:200 -j DROP
filter INPUT -m limit --limit 3/hour --limit-burst 1 -j LOG
filter INPUT -m limit -j ACCEPT
filter INPUT -m mac ! --mac-source 02:00:00:00:00:0a -j DROP
filter INPUT -m mark --mark 0x1/0xff -j DROP
filter INPUT -m mark ! --mark 5 -j DROP
filter INPUT -p tcp -m multiport --dports 22,80:90 -j ACCEPT
filter INPUT -p udp -m multiport ! --sports 53,123 -j ACCEPT
filter INPUT -p tcp -m multiport --ports 8080 -j ACCEPT
filter INPUT -m nfacct --nfacct-name x
filter INPUT -p tcp -m osf --genre Linux --ttl 0 -j DROP
filter OUTPUT -m owner --uid-owner 0-1000 ! --gid-owner 5 -j ACCEPT
filter OUTPUT -m owner --socket-exists -j ACCEPT
filter FORWARD -m physdev --physdev-in eth+ ! --physdev-out eth1 -j ACCEPT
filter FORWARD -m physdev --physdev-is-bridged -j ACCEPT
filter INPUT -m pkttype ! --pkt-type broadcast -j DROP
filter INPUT -m policy --dir in --pol ipsec --strict --reqid 5 --proto esp -j ACCEPT
filter INPUT -m policy --dir in --pol none -j ACCEPT
filter INPUT -m quota --quota 1000 -j ACCEPT
filter INPUT -m rateest --rateest re --rateest-lt --rateest-bps 8bit -j ACCEPT
filter INPUT -m recent --set --name a --rsource
filter INPUT -m recent --rcheck --seconds 60 --hitcount 5 --rttl --name a --rdest -j DROP
filter INPUT -m recent ! --update --name b -j DROP
raw PREROUTING -m rpfilter --loose --validmark --invert -j DROP
filter INPUT -p sctp -m sctp --dport 80 --chunk-types any INIT,DATA:Be -j DROP
filter INPUT -p sctp -m sctp ! --sport 1:3 -j DROP
filter INPUT -m set --match-set naev src,dst -j DROP
mangle PREROUTING -p tcp -m socket --transparent --nowildcard -j ACCEPT
filter INPUT -m state --state NEW,UNTRACKED -j ACCEPT
filter INPUT -m state ! --state INVALID -j ACCEPT
filter INPUT -m statistic --mode nth --every 10 --packet 3 -j DROP
filter INPUT -m statistic --mode random ! --probability 0.25 -j DROP
filter INPUT -m string --string "a \"b\"" --algo bm --from 1 --to 100 --icase -j DROP
filter INPUT -m string ! --hex-string "|0d 0a|x" --algo kmp -j DROP
filter INPUT -p tcp -m tcp --sport 1:1023 --dport 22 --tcp-flags SYN,ACK SYN -j ACCEPT
filter INPUT -p tcp -m tcp ! --tcp-flags ALL NONE ! --tcp-option 7 -j ACCEPT
filter INPUT -p tcp -m tcp -j ACCEPT
filter FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1:500 -j DROP
filter INPUT -m time --timestart 10:00 --timestop 12:00 --weekdays Mon,Tue --kerneltz -j DROP
filter INPUT -m tos --tos 0x10/0x3f -j DROP
filter INPUT -m tos ! --tos Minimize-Cost -j DROP
filter INPUT -m u32 --u32 "0>>22&0x3C@4>>16=1:5,7&&2=0x10" -j DROP
filter INPUT -p udp -m udp ! --sport 53 --dport 1024: -j DROP
filter INPUT -j AUDIT --type accept
mangle POSTROUTING -p udp --dport 68 -j CHECKSUM --checksum-fill
mangle POSTROUTING -j CLASSIFY --set-class 1:10
mangle PREROUTING -j CONNMARK --set-xmark 0x1/0xff
mangle PREROUTING -j CONNMARK --and-mark 0xf0
mangle PREROUTING -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xf0
mangle PREROUTING -j CONNMARK --restore-mark
mangle PREROUTING -j CONNSECMARK --save
raw PREROUTING -p udp --dport 69 -j CT --helper tftp
raw PREROUTING -j CT --notrack
raw PREROUTING -j CT --zone 5 --ctevents new
nat OUTPUT -p tcp --dport 80 -j DNAT --to-destination :81
nat PREROUTING -j DNAT --to-destination {address}-{last}
nat POSTROUTING -p udp -j SNAT --to-source {address}:1000-2000 --random --persistent
nat POSTROUTING -j SNAT --to-source {address} --random-fully
mangle PREROUTING -j DSCP --set-dscp-class EF
mangle PREROUTING -j HMARK --hmark-tuple src,dst --hmark-mod 10 --hmark-offset 100 --hmark-rnd 0xdeafbeef
filter INPUT -j IDLETIMER --timeout 10 --label naev
filter INPUT -j LED --led-trigger-id naev
filter INPUT -j LOG
filter INPUT -j LOG --log-prefix "a: " --log-level debug --log-tcp-options --log-uid --log-ip-options --log-tcp-sequence
filter INPUT -j LOG --log-prefix "reject-with " --log-macdecode
mangle PREROUTING -j MARK --set-mark 5
mangle PREROUTING -j MARK --set-xmark 0x1/0xff
mangle PREROUTING -j MARK --and-mark 0xf0
mangle PREROUTING -j MARK --or-mark 0x4
mangle PREROUTING -j MARK --xor-mark 0x8
nat POSTROUTING -o eth0 -j MASQUERADE
nat POSTROUTING -p tcp -j MASQUERADE --to-ports 1024-2000 --random
nat POSTROUTING -j MASQUERADE --random-fully
nat PREROUTING -d {network} -j NETMAP --to {network}
filter INPUT -j NFLOG --nflog-group 2 --nflog-prefix "a b" --nflog-threshold 5
filter INPUT -j NFLOG
filter INPUT -j NFQUEUE --queue-num 3 --queue-bypass
filter INPUT -j NFQUEUE --queue-balance 0:3 --queue-cpu-fanout
raw PREROUTING -j NOTRACK
mangle PREROUTING -j RATEEST --rateest-name re --rateest-interval 250ms --rateest-ewmalog 0.5s
nat PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128
nat PREROUTING -p tcp -j REDIRECT --to-ports 3128-3130 --random
nat PREROUTING -j REDIRECT
mangle PREROUTING -j SECMARK --selctx system_u:object_r:httpd_packet_t:s0
filter INPUT -j SET --add-set naev src --exist
filter INPUT -p tcp -j SYNPROXY --sack-perm --timestamp --mss 1460 --wscale 9
mangle FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu
mangle FORWARD -p tcp --syn -j TCPMSS --set-mss 1400
mangle PREROUTING -p tcp -j TCPOPTSTRIP --strip-options timestamp,9
mangle PREROUTING -j TEE --gateway {address}
mangle PREROUTING -j TOS --set-tos 0x10/0x3f
mangle PREROUTING -j TOS --and-tos 0x0f
mangle PREROUTING -p tcp -j TPROXY --on-port 3128 --tproxy-mark 0x1/0x1
raw PREROUTING -j TRACE
filter FORWARD -s {address} ! -d {network} -i eth+ ! -o docker0 -p 99 -j OWN
filter FORWARD ! -s {network} -p gre -g OWN
filter FORWARD ! -p udp -j RETURN
filter FORWARD
"""

IPV4 = r"""
filter INPUT -p ah -m ah --ahspi 1:10 -j DROP
filter INPUT -p icmp -m icmp --icmp-type echo-request -j ACCEPT
filter INPUT -p icmp -m icmp ! --icmp-type fragmentation-needed -j ACCEPT
filter INPUT -p icmp -m icmp --icmp-type any -j ACCEPT
filter INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 ! --dst-range 10.1.0.1-10.1.0.9 -j DROP
filter INPUT -m realm --realm 0x10 -j DROP
filter INPUT -m ttl --ttl-eq 5 -j DROP
filter INPUT -m ttl ! --ttl-eq 5 -j DROP
filter INPUT -m ttl --ttl-gt 5 -j DROP
filter INPUT -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:14 --total-nodes 2 --local-node 1
mangle PREROUTING -p tcp -j ECN --ecn-tcp-remove
filter INPUT -p tcp -j REJECT --reject-with tcp-reset
filter INPUT -j REJECT --reject-with icmp-admin-prohibited
mangle PREROUTING -j TTL --ttl-dec 1
filter INPUT -j ULOG
filter INPUT -f -j DROP
filter INPUT ! -f -j DROP
"""

IPV6 = r"""
filter INPUT -m ah --ahspi 500 --ahres -j DROP
filter INPUT -m dst --dst-len 8 -j DROP
filter INPUT -m eui64 -j ACCEPT
filter INPUT -m frag --fragid 1:2 --fragfirst -j DROP
filter INPUT -m hbh --hbh-len 8 -j DROP
filter INPUT -m hl --hl-lt 5 -j DROP
filter INPUT -m hl ! --hl-eq 255 -j DROP
filter INPUT -p ipv6-icmp -m icmp6 --icmpv6-type neighbour-advertisement -j ACCEPT
filter INPUT -p ipv6-icmp -m icmp6 ! --icmpv6-type 1/3 -j ACCEPT
filter INPUT -m iprange --src-range 2001:db8::1-2001:db8::9 -j DROP
filter INPUT -m ipv6header --header hop-by-hop,frag --soft -j DROP
filter INPUT -p mh -m mh --mh-type binding-update -j DROP
filter INPUT -m rt --rt-type 0 -j DROP
filter INPUT -m srh --srh-next-hdr 17 -j DROP
mangle PREROUTING -d 2001:db8::/64 -j DNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db8:1::/64
mangle POSTROUTING -s 2001:db8::/64 -j SNPT --src-pfx 2001:db8::/64 --dst-pfx 2001:db8:1::/64
mangle PREROUTING -j HL --hl-inc 2
filter INPUT -p tcp -j REJECT --reject-with tcp-reset
filter INPUT -j REJECT --reject-with icmp6-adm-prohibited
"""

# Documentation addresses of each family.
WORDS = {
    "ip": {"address": "192.0.2.1", "last": "192.0.2.9", "network": "198.51.100.0/24"},
    "ip6": {"address": "2001:db8::1", "last": "2001:db8::9", "network": "2001:db8:1::/64"},
}


def rules_of(family: str) -> list[tuple[str, str, str]]:
    """Give table, chain and the rest of every rule for a family."""
    text = BOTH + (IPV4 if family == "ip" else IPV6)
    for name, value in WORDS[family].items():
        bracketed = f"[{value}]" if name == "address" and ":" in value else value
        text = text.replace(f"{{{name}}}:", f"{bracketed}:").replace(f"{{{name}}}", value)
    rows = (line.split(" ", 2) for line in text.splitlines() if line)
    return [(row[0], row[1], row[2] if len(row) > 2 else "") for row in rows]
