"""Names of services and protocols, as systems print them for the numbers that IANA assigned.

https://www.iana.org/assignments/service-names-port-numbers and …/protocol-numbers. Where systems disagree what a
name stands for, the commonest comes first. Only names that firewalls really list: any other one is not read.
"""

from collections.abc import Mapping

# By name alone where every protocol has the same port; NAME/PROTOCOL where they differ.
_SERVICES = """
tcpmux 1|echo 7|discard 9|systat 11|daytime 13|netstat 15|qotd 17|chargen 19|ftp-data 20|ftp 21|fsp 21|ssh 22|telnet 23
smtp 25|time 37|nicname 43|whois 43|tacacs 49|domain 53|bootps 67|bootpc 68|tftp 69|gopher 70|finger 79|http 80|www 80
kerberos 88|pop2 109|pop3 110|sunrpc 111|portmapper 111|auth 113|nntp 119|ntp 123|epmap 135|netbios-ns 137
netbios-dgm 138|netbios-ssn 139|imap 143|imap2 143|snmp 161|snmp-trap 162|snmptrap 162|xdmcp 177|bgp 179|irc 194
ldap 389|svrloc 427|https 443|microsoft-ds 445|kpasswd 464|kpasswd5 464|urd 465|smtps 465|submissions 465|isakmp 500
exec/tcp 512|biff/udp 512|login/tcp 513|who/udp 513|shell/tcp 514|syslog/udp 514|printer 515|talk 517|ntalk 518
route/udp 520|router/udp 520|gdomap 538|uucp 540|klogin 543|kshell 544|dhcpv6-client 546|dhcpv6-server 547|rtsp 554
nntps 563|nqs 607|submission 587|ipp 631|ldaps 636|ldp 646|tinc 655|silc 706|kerberos-adm 749|iscsi 860|rsync 873
ftps-data 989|ftps 990|telnets 992|imaps 993|ircs 994|pop3s 995
socks 1080|rmiregistry 1099|openvpn 1194|rmtcfg 1236|nessus 1241|lotusnote 1352|lotusnotes 1352|ms-sql-s 1433
ms-sql-m 1434|ingreslock 1524|datametrics 1645|sa-msg-port 1646|l2f 1701|l2tp 1701|pptp 1723|radius 1812
radius-acct 1813|mqtt 1883|hsrp 1985|cisco-sccp 2000|nfs 2049|gnunet 2086|rtcm-sc104 2101|gsigatekeeper 2119
cvspserver 2401|docker 2375|docker-s 2376|etcd-client 2379|etcd-server 2380|venus 2430|venus-se 2431|mon 2583
zebrasrv 2600|zebra 2601|ripd 2602|ripngd 2603|ospfd 2604|bgpd 2605|ospf6d 2606|ospfapi 2607|isisd 2608|dict 2628
gsiftp 2811|squid 3128|gpsd 2947|gds-db 3050|icpv2 3130|isns 3205|iscsi-target 3260|mysql 3306|ms-wbt-server 3389
nut 3493|stun 3478|svn 3690|suucp 4031|sieve 4190|distcc 3632|daap 3689|epmd 4369|remctl 4373|f5-iquery 4353
ipsec-nat-t 4500|ntske 4460|iax 4569|vxlan 4789|geneve 6081|mtn 4691|radmin-port 4899|munin 4949|rfe 5002|mmcc 5050
commplex-main 5000|commplex-link 5001|sip 5060|sip-tls 5061|sips 5061|aol 5190|xmpp-client 5222|xmpp-server 5269
jabber-client 5222|jabber-server 5269|cfengine 5308|hacl-hb 5405|mdns 5353|noclog 5354|llmnr 5355|hostmon 5355
postgresql 5432|postgres 5432|freeciv 5556|nrpe 5666|nsca 5667|amqps 5671|amqp 5672|coap 5683|rfb 5900|vnc-server 5900
wsman 5985|wsmans 5986|x11 6000|x11-1 6001|x11-2 6002|x11-3 6003|x11-4 6004|x11-5 6005|x11-6 6006|x11-7 6007
gnutella-svc 6346|gnutella-rtr 6347|redis 6379|sge-qmaster 6444|sge-execd 6445|mysql-proxy 6446|babel 6696|ircd 6667
ircs-u 6697|bbs 7000|afs3-fileserver 7000|afs3-callback 7001|afs3-prserver 7002|afs3-vlserver 7003|afs3-kaserver 7004
afs3-volser 7005|afs3-bos 7007|afs3-update 7008|afs3-rmtsys 7009|font-service 7100|xfs 7100|irdmi 8000|zope-ftp 8021
webcache 8080|tproxy 8081|http-alt 8080 8008 591|omniorb 8088|puppet 8140|pcsync-https 8443|https-alt 8443|us-cli 8082
secure-mqtt 8883|clc-build-daemon 8990|xinetd 9098|cslistener 9000|websm 9090|jetdirect 9100|pdl-datastream 9100
hp-pdl-datastr 9100|bacula-dir 9101|bacula-fd 9102|bacula-sd 9103|wap-wsp 9200|git 9418|xmms2 9667|zope 9673
webmin 10000|ndmp 10000|zabbix-agent 10050|zabbix-trapper 10051|amanda 10080|kamanda 10081|memcache 11211|nbd 10809
dicom 11112|hkp 11371|sgi-cad 17004|db-lsp 17500|mongodb 27017|asp 27374|traceroute 33434|sane-port 6566
iso-tsap 102|acr-nema 104|poppassd 106|cmip-man 163|cmip-agent 164|mailq 174|smux 199|qmtp 209|z3950 210|ipx 213
ptp-event 319|ptp-general 320|rpc2portmap 369|codaauth2 370|clearcase 371|snpp 444|saft 487|afpovertcp 548|asf-rmcp 623
qmqp 628|kerberos4 750|kerberos-master 751|krb-prop 754|spamd 783|domain-s 853|supfilesrv 871|rootd 1094|proofd 1093
xtel 1313|kermit 1649|groupwise 1677|iprop 2121|codasrv 2432|fax 4557|hylafax 4559|canna 5680|syslog-tls 6514
amandaidx 10082|amidxtape 10083|dcap 22125|gsidcap 22128|binkp 24554|csync2 30865
EtherNet/IP-1 2222|EtherNet-IP-1 2222|rockwell-csp2 2223|globe 2002|hbci 3000|http-mgmt 280|zixi-transport 7088
"""
_PROTOCOLS = """
1 icmp|2 igmp|3 ggp|4 ipencap|5 st|6 tcp|8 egp|9 igp|12 pup|17 udp|20 hmp|22 xns-idp|27 rdp|29 iso-tp4|33 dccp|36 xtp
37 ddp|41 ipv6|43 ipv6-route|44 ipv6-frag|46 rsvp|47 gre|50 esp|51 ah|57 skip|58 ipv6-icmp|59 ipv6-nonxt|60 ipv6-opts
73 rspf|81 vmtp|88 eigrp|89 ospf|93 ax.25|94 ipip|97 etherip|98 encap|103 pim|108 ipcomp|112 vrrp|115 l2tp|124 isis
132 sctp|133 fc|135 mobility-header|136 udplite|137 mpls-in-ip|139 hip|140 shim6|141 wesp|142 rohc
"""


def _read_services() -> dict[str, tuple[int, ...]]:
    rows = (row.split() for row in _SERVICES.replace("\n", "|").split("|") if row)
    return {name: tuple(map(int, ports)) for name, *ports in rows}


PORTS: Mapping[str, tuple[int, ...]] = _read_services()
PROTOCOLS: Mapping[str, str] = dict(row.split() for row in _PROTOCOLS.replace("\n", "|").split("|") if row)
PROTOCOL_NAMES = frozenset(PROTOCOLS.values())
