"""The words of the kernel and its tools, which say nothing of whose host it is. What is not here is replaced."""

import re
from itertools import chain

from netaudit.parse.reading import constants as names
from netaudit.parse.reading.services import PROTOCOL_NAMES


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HOOKS = _words("prerouting input forward output postrouting ingress egress")
IPTABLES_TABLES = _words("raw mangle nat filter security")
POLICIES = frozenset({"ACCEPT", "DROP", "QUEUE", "RETURN"})
# Parts of names that firewalld, ufw and others make of words of their own: its hooks, its zones as they are shipped.
OF_MAKERS = frozenset(chain(HOOKS, map(str.upper, HOOKS), IPTABLES_TABLES)) | _words(
    "public block dmz drop external home internal trusted work docker libvirt routed policy allow host ipv4"
    " ipv6 log deny"
    " pre post direct limit accept logging sshd recidive"
)

# ---- constants of rules ---------------------------------------------------------------------------------------------
_TABLES = (
    *(names.PROTOCOLS, names.ICMP_TYPES, names.ICMPV6_TYPES, names.ICMP_CODES, names.ICMPV6_CODES, names.TCP_FLAGS),
    *(names.PKTTYPES, names.ETHERTYPES, names.DSCP, names.CT_STATES, names.CT_STATUS, names.CT_DIRECTIONS),
    *(names.ROUTE_TYPES, names.NFPROTOS),
)
CONSTANTS = (
    frozenset(chain.from_iterable(_TABLES))
    | PROTOCOL_NAMES
    | _words(
        "all any none root unknown exists missing both set echo-reply echo-request"
        " source dest src dst srcip dstip srcport dstport srcmask dstmask one two"
        # REJECT
        " icmp-net-unreachable icmp-host-unreachable icmp-port-unreachable icmp-proto-unreachable icmp-net-prohibited"
        " icmp-host-prohibited icmp-admin-prohibited tcp-reset icmp6-no-route no-route icmp6-adm-prohibited"
        " adm-prohibited"
        " icmp6-addr-unreachable addr-unreach icmp6-port-unreachable port-unreach icmpx"
        # time, statistics, policies, helpers
        " monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun"
        " nth random in out ipsec tunnel transport esp ah ipcomp strict packets bytes avgpkt original reply"
        " ftp tftp sip irc pptp h323 ras q.931 amanda netbios-ns snmp sane rpc"
        " new destroy assured mark natseqinfo helper label secmark protoinfo related seqadj"
    )
)

# ---- nft ------------------------------------------------------------------------------------------------------------
FAMILIES = _words("ip ip6 inet arp bridge netdev")
NFT = (
    CONSTANTS
    | HOOKS
    | FAMILIES
    | _words(
        "== != < > <= >= in ! & | ^ << >>"
        " filter route nat accept drop continue return jump goto queue verdict"
        " saddr daddr sport dport th ether vlan arp igmp type code id sequence gateway mtu max-delay checksum length"
        " protocol version hdrlength ttl hoplimit dscp ecn frag-off nexthdr flowlabel flags window urgptr seqno ackseq"
        " doff spi cpi reserved hdr-length csumcov vtag pcp dei operation htype hlen plen ptype haddr cip group mrt"
        " iif iifname iiftype iifgroup iifkind oif oifname oiftype oifgroup oifkind ibrname obrname ibrpvid"
        " ibrvproto sdif"
        " sdifname mark skuid skgid nftrace priority rtclassid pkttype cpu cgroup nfproto l4proto l3proto time day hour"
        " state direction status expiration label zone event proto-src proto-dst count timeout ruleset"
        " classid ipsec wildcard transparent cgroupv2 level osf name reqid spnum key"
        " ll nh ih inner eol nop maxseg window-scale sack-perm sack sack0 sack1 sack2 sack3 timestamp tsval"
        " tsecr md5sig fastopen"
        " mptcp left right size kind count subtype hbh rt rt0 rt2 srh frag dst mh lsrr rr ssrr ra value ptr addr"
        " oif type check mod offset seed inc random fully-random persistent netmap prefix interval concat"
        " add update delete emerg alert crit err warn notice info debug audit skip ack tcp reset icmpx"
        " constant dynamic performance memory dormant owner persist offload auto-merge hw-offload"
        " ipv4_addr ipv6_addr ether_addr ether_type inet_proto inet_service ifname iface_index icmp_type icmpv6_type"
        " icmp_code icmpv6_code icmpx_code tcp_flag ct_state ct_status ct_dir ct_label ct_id ct_event uid gid realm"
        " string integer boolean bitmask dscp ecn arp_op pkt_type devgroup nf_proto fib_addrtype cgroupsv2 hex mark"
        " kbytes mbytes second minute hour day week packet bytes kbyte mbyte unspec established syn_sent syn_recv"
        " fin_wait close_wait last_ack time_wait close unreplied replied sys_packet established xt target watcher match"
        " bypass fanout timestamp sack-perm normal loopback no lladdr"
    )
)
# What names the parts of nft's JSON: libnftables-json(5). Another part is one that netaudit does not know.
NFT_KEYS = NFT | _words(
    "match op left right set map vmap elem data key concat range prefix addr len val expires used limit quota counter"
    " mangle value log group snaplen queue-threshold level flags reject expr dup fwd dev dnat snat masquerade redirect"
    " port type_flags payload base offset field exthdr meta ct dir fib result rt socket numgen jhash symhash osf"
    " notrack flow flowtable xt tproxy synproxy mss wscale queue num rate burst per inv unit val_unit rate_unit"
    " burst_unit target comment typeof stmt mode sum last family set_id table chain name"
)
NFT_PHRASES = frozenset(
    {"ct helper", "ct timeout", "ct expectation", "ct count", "tcp option", "ip option", "sctp chunk", "ip saddr"}
) | {f"{family} {end}" for family in ("ip", "ip6") for end in ("saddr", "daddr")}

# ---- iptables -------------------------------------------------------------------------------------------------------
MODULES = _words(
    "addrtype ah bpf cgroup cluster comment connbytes connlabel connlimit connmark conntrack cpu dccp devgroup dscp ecn"
    " esp eui64 frag hashlimit hbh dst helper hl icmp icmp6 icmpv6 iprange ipv6header ipcomp ipvs length limit mac mark"
    " mh multiport nfacct osf owner physdev pkttype policy quota rateest realm recent rpfilter rt sctp set socket srh"
    " state statistic string tcp tcpmss time tls tos ttl u32 udp udplite"
)
TARGETS = _words(
    "ACCEPT DROP RETURN QUEUE REJECT AUDIT CHECKSUM CLASSIFY CLUSTERIP CONNMARK CONNSECMARK CT DNAT DNPT DSCP"
    " ECN HL HMARK"
    " IDLETIMER LED LOG MARK MASQUERADE NETMAP NFLOG NFQUEUE NOTRACK RATEEST REDIRECT SECMARK SET SNAT SNPT SYNPROXY"
    " TCPMSS TCPOPTSTRIP TEE TOS TPROXY TRACE TTL ULOG"
)

# ---- the host and Docker --------------------------------------------------------------------------------------------
LINK_KINDS = _words(
    "bridge bond vlan vxlan veth dummy ifb tun wireguard macvlan macvtap ipvlan ipvtap vrf gre gretap ip6gre ip6gretap"
    " ipip sit ip6tnl vti vti6 geneve team xfrm nlmon netkit vcan can ipoib macsec erspan ip6erspan"
)
LINK_FLAGS = _words(
    "LOOPBACK UP LOWER_UP BROADCAST MULTICAST NO-CARRIER POINTOPOINT NOARP PROMISC ALLMULTI MASTER SLAVE DORMANT ECHO"
    " DYNAMIC M-DOWN RUNNING DEBUG NOTRAILERS PORTSEL AUTOMEDIA"
)
LINK_STATES = _words("UP DOWN UNKNOWN LOWERLAYERDOWN NOTPRESENT TESTING DORMANT")
SCOPES = _words("global link host site nowhere")
ROUTE_WORDS = _words(
    "unicast local broadcast anycast multicast blackhole unreachable prohibit throw nat xresolve main default"
    " all unspec"
    " linkdown onlink dead pervasive offload offload_failed trap rt_offload rt_trap rt_offload_failed unresolved notify"
    " low medium high"
)
SOCKET_STATES = _words("LISTEN UNCONN ESTAB CLOSE TIME-WAIT")
SOCKET_PROTOCOLS = _words("tcp udp raw sctp dccp udplite mptcp")
# Programs that are what they are on every host: netaudit knows some of them, and a report is read better with them.
PROGRAMS = _words(
    "docker-proxy dockerd containerd containerd-shim rootlesskit rootlessport slirp4netns pasta conmon aardvark-dns"
    " dnsmasq systemd systemd-resolve systemd-resolved systemd-network systemd-timesyn sshd chronyd ntpd avahi-daemon"
    " rpcbind cupsd dhclient NetworkManager kubelet kube-proxy tailscaled"
)
SYSCTLS = re.compile(
    r"net\.ipv4\.ip_forward|net\.bridge\.bridge-nf-call-(?:ip6?|arp)tables|net\.netfilter\.nf_conntrack_max"
)
SYSCTLS_OF_INTERFACES = re.compile(
    r"(net\.ipv[46]\.conf\.)(.+)\."
    r"(accept_local|forwarding|route_localnet|rp_filter|src_valid_mark|disable_ipv6|arp_ignore|arp_announce|proxy_arp|accept_ra)"
)
DRIVERS = _words("bridge host null none overlay macvlan ipvlan ingress nat transparent l2bridge l2tunnel ics")
CONTAINER_STATES = _words("created running paused restarting removing exited dead")
SWARM_STATES = _words("inactive pending active error locked")
ROOTLESS_DRIVERS = _words("builtin implicit slirp4netns pasta vpnkit lxc-user-nic gvisor-tap-vsock none host")
FIREWALL_DRIVERS = _words("iptables nftables iptables+firewalld nftables+firewalld none")
SECURITY = re.compile(
    r"name=(?:apparmor|seccomp|selinux|userns|rootless|cgroupns|no-new-privileges)(?:,profile=(?:builtin|default|unconfined))?"
)
CAPABILITIES = _words(
    "ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH"
    " FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN"
    " NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT"
    " SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG WAKE_ALARM"
)
