# firewalld with a public zone on eth0, services, a port, a rich rule, a forwarded port, masquerading and a policy.
# $1 is its backend: iptables or nftables.
sed -i "s,^FirewallBackend=.*,FirewallBackend=$1," /etc/firewalld/firewalld.conf
sed -i 's,^CleanupModulesOnExit=.*,CleanupModulesOnExit=no,' /etc/firewalld/firewalld.conf
mkdir -p /run/dbus
dbus-daemon --system --fork --nopidfile
firewalld --nopid --log-file /tmp/firewalld.log
for _ in $(seq 100); do firewall-cmd --state >/dev/null 2>&1 && break; sleep 0.1; done
firewall-cmd --state
firewall-cmd --zone=public --change-interface=eth0
firewall-cmd --zone=public --add-service=http
firewall-cmd --zone=public --add-port=8443/tcp
firewall-cmd --zone=public --add-rich-rule='rule family="ipv4" source address="203.0.113.0/24" log prefix="refused " reject'
firewall-cmd --zone=external --add-source=198.51.100.0/24
firewall-cmd --zone=external --add-forward-port=port=8080:proto=tcp:toport=80:toaddr=192.0.2.80
firewall-cmd --zone=internal --add-source=2001:db8:2::/64
firewall-cmd --direct --add-rule ipv4 filter INPUT 0 -p tcp --dport 9000 -j ACCEPT
