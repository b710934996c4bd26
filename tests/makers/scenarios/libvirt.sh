# $1: its firewall backend, where it has a choice.
# libvirt's own `default` network (NAT on virbr0), an IPv6 one, an isolated one and a routed one.
mkdir -p /run/dbus /run/libvirt /run/lock
[ -n "${1:-}" ] && echo "firewall_backend = \"$1\"" > /etc/libvirt/network.conf
# With nftables libvirt mends DHCP checksums by tc, which this kernel may lack; the rules do not depend on it.
printf '#!/bin/sh\nexit 0\n' > /usr/sbin/tc; chmod 755 /usr/sbin/tc
virtlogd -d
libvirtd -d
for _ in $(seq 100); do virsh -c network:///system version >/dev/null 2>&1 && break; sleep 0.1; done
define() { virsh -c network:///system net-define /dev/stdin; }
virsh -c network:///system net-info default >/dev/null 2>&1 || define < /usr/share/libvirt/networks/default.xml
define <<X
<network><name>six</name><forward mode='nat'><nat ipv6='yes'/></forward><bridge name='virbr1'/>
<ip address='192.168.123.1' prefix='24'/><ip family='ipv6' address='2001:db8:6::1' prefix='64'/></network>
X
define <<X
<network><name>closed</name><bridge name='virbr2'/><ip address='192.168.124.1' prefix='24'/></network>
X
define <<X
<network><name>routed</name><forward mode='route'/><bridge name='virbr3'/><ip address='192.168.125.1' prefix='24'/></network>
X
for network in default six closed routed; do virsh -c network:///system net-start $network; done
