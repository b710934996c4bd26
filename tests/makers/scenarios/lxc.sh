# lxc-net, the script behind lxcbr0. $1: iptables hides nft from it, as on a host without nft.
printf 'USE_LXC_BRIDGE="true"\nLXC_IPV6_ADDR="2001:db8:95::1"\nLXC_IPV6_MASK="64"\nLXC_IPV6_NETWORK="2001:db8:95::/64"\nLXC_IPV6_NAT="true"\n' > /etc/default/lxc-net
[ "$1" = nftables ] || rm -f /usr/sbin/nft
/usr/libexec/lxc/lxc-net start
