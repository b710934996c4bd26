# A tunnel that takes the default route: then wg-quick writes rules. Without WireGuard in this kernel, wg-quick
# itself runs and only its device is a bridge: `ip link add type wireguard` and `wg` are answered for it.
# $1: nftables, or iptables, which it takes where nft is absent.
[ "$1" = nftables ] || rm -f /usr/sbin/nft
if ! ip link add wgtest type wireguard 2>/dev/null; then
    echo 'the kernel has no wireguard: a bridge stands in for the device'
    mv /usr/bin/ip /usr/bin/real-ip # wg-quick looks beside itself first
    cat > /usr/bin/ip <<'X'
#!/bin/bash
exec real-ip "${@/#wireguard/bridge}"
X
    cat > /usr/bin/wg <<'X'
#!/bin/bash
case "$*" in
    "show wg0 allowed-ips") printf 'key\t0.0.0.0/0 ::/0\n' ;;
    "show wg0 fwmark") cat /tmp/fwmark 2>/dev/null || echo off ;;
    "show wg0 endpoints") printf 'key\t203.0.113.1:51820\n' ;;
    "set wg0 fwmark "*) printf '0x%x\n' "$4" > /tmp/fwmark ;;
esac
X
    chmod 755 /usr/bin/ip /usr/bin/wg
else
    ip link del wgtest
fi
mkdir -p /etc/wireguard
cat > /etc/wireguard/wg0.conf <<'X'
[Interface]
PrivateKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA=
Address = 10.94.0.2/24, 2001:db8:94::2/64
[Peer]
PublicKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEA=
Endpoint = 203.0.113.1:51820
AllowedIPs = 0.0.0.0/0, ::/0
X
wg-quick up wg0
