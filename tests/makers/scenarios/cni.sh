# The CNI plugins as a container runtime runs them: bridge with masquerading, then portmap, then firewall.
ip netns add pod
export CNI_COMMAND=ADD CNI_CONTAINERID=0123456789abcdef CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=/usr/lib/cni
ipam='{"type":"host-local","ranges":[[{"subnet":"10.91.0.0/24"}],[{"subnet":"2001:db8:91::/64"}]],"routes":[{"dst":"0.0.0.0/0"}]}'
head='"cniVersion":"0.4.0","name":"pods"'
result=$(echo "{$head,\"type\":\"bridge\",\"bridge\":\"cni0\",\"isGateway\":true,\"ipMasq\":true,\"ipam\":$ipam}" | /usr/lib/cni/bridge)
ports='[{"hostPort":8081,"containerPort":80,"protocol":"tcp"},{"hostPort":5354,"containerPort":53,"protocol":"udp","hostIP":"192.0.2.10"}]'
echo "{$head,\"type\":\"portmap\",\"snat\":true,\"capabilities\":{\"portMappings\":true},\"runtimeConfig\":{\"portMappings\":$ports},\"prevResult\":$result}" | /usr/lib/cni/portmap > /dev/null
echo "{$head,\"type\":\"firewall\",\"backend\":\"iptables\",\"prevResult\":$result}" | /usr/lib/cni/firewall > /dev/null
