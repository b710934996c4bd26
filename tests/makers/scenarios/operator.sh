# An administrator's own rules by hand: each looks like one that Docker, libvirt or another maker writes.
iptables -N DOCKER-USER 2>/dev/null || true
iptables -I DOCKER-USER -s 203.0.113.0/24 -j DROP
iptables -A FORWARD -i br0 -o br0 -j ACCEPT
iptables -A FORWARD -i br0 ! -o br0 -j ACCEPT
iptables -A FORWARD -o br0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A FORWARD -d 192.0.2.80/32 ! -i eth0 -o eth0 -p tcp -m tcp --dport 80 -j ACCEPT
iptables -A INPUT -i virbr0-foo -p udp -m udp --dport 53 -j ACCEPT
iptables -A INPUT -i virbr0 -p tcp -m tcp --dport 22 -j ACCEPT
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited
iptables -N IN_office
iptables -A IN_office -s 198.51.100.0/24 -j ACCEPT
iptables -A INPUT -j IN_office
iptables -N ts-office
iptables -A INPUT -i eth0 -j ts-office
iptables -t nat -A POSTROUTING -s 10.9.0.0/24 ! -o eth0 -j MASQUERADE
iptables -t nat -A POSTROUTING -s 10.0.3.0/24 ! -d 10.0.3.0/24 -j MASQUERADE
iptables -t nat -A POSTROUTING -s 192.0.2.80/32 -d 192.0.2.80/32 -p tcp -m tcp --dport 80 -j MASQUERADE
iptables -t nat -A PREROUTING ! -i eth0 -p tcp -m tcp --dport 8443 -j DNAT --to-destination 192.0.2.80:443
iptables -t nat -A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.80:80
ip6tables -A FORWARD -i br0 -o br0 -j ACCEPT
ip6tables -t nat -A POSTROUTING -s 2001:db8:9::/64 ! -o eth0 -j MASQUERADE
nft add table inet filter
nft add chain inet filter input '{ type filter hook input priority 0; }'
nft add rule inet filter input iifname lo accept
nft add rule inet filter input tcp dport 22 accept comment '"administration"'
