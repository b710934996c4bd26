# Incus' daemon with a dual-stack bridge, a forward and an ACL. $1: nftables or xtables (where nft is absent).
[ "$1" = nftables ] || rm -f /usr/sbin/nft
/usr/libexec/incus/incusd --group root --logfile /tmp/incus.log >/tmp/incus.out 2>&1 &
for _ in $(seq 300); do incus query /1.0 >/dev/null 2>&1 && break; sleep 0.1; done
incus network create incusbr0 ipv4.address=10.93.0.1/24 ipv4.nat=true ipv6.address=2001:db8:93::1/64 ipv6.nat=true
incus network forward create incusbr0 192.0.2.10
incus network forward port add incusbr0 192.0.2.10 tcp 8083 10.93.0.5 80
incus network acl create guests
incus network acl rule add guests ingress action=drop source=203.0.113.0/24
incus network set incusbr0 security.acls=guests
