# sshguard's own firewall programs, told what its blocker tells them. $1: iptables or nft-sets.
printf 'block 203.0.113.9 4 32\nblock 198.51.100.0 4 24\nblock 2001:db8:bad::1 6 128\n' > /tmp/orders
case $1 in iptables) # the administrator makes the chain, as sshguard-setup(7) says
    for program in iptables ip6tables; do $program -N sshguard; $program -A INPUT -j sshguard; done ;;
esac
{ { cat /tmp/orders; exec sleep 1000; } | /usr/libexec/sshguard/sshg-fw-$1; } </dev/null >/dev/null 2>&1 &
sleep 1
