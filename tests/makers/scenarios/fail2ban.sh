# fail2ban's own server with its own actions; addresses are banned as its log reader would. $1: iptables or nftables.
case $1 in
    iptables) multi=iptables-multiport all=iptables-allports new=iptables-new ;;
    nftables) multi=nftables-multiport all=nftables-allports new=nftables-multiport ;;
esac
rm -f /etc/fail2ban/jail.d/*
touch /tmp/log
cat > /etc/fail2ban/jail.local <<X
[DEFAULT]
backend = polling
allowipv6 = auto
[sshd]
enabled = true
logpath = /tmp/log
filter = sshd
port = ssh,2222
banaction = $multi
[recidive]
enabled = true
logpath = /tmp/log
banaction = $all
[pam-generic]
enabled = true
logpath = /tmp/log
banaction = $new
port = http
X
fail2ban-server -b
for _ in $(seq 100); do fail2ban-client ping >/dev/null 2>&1 && break; sleep 0.1; done
for jail in sshd recidive pam-generic; do
    fail2ban-client set $jail banip 203.0.113.9 198.51.100.0/24 2001:db8:bad::1
done
for _ in $(seq 50); do
    case $(iptables-nft-save; nft list ruleset 2>/dev/null) in *203.0.113.9*203.0.113.9*203.0.113.9*) break;; esac
    sleep 0.1
done
