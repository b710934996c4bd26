# Two rootful containers, one on podman's own network and one on a dual-stack one, with published ports.
# $1: the program that makes networks, netavark or cni. $2: netavark's firewall driver, where it has a choice.
umount /sys/fs/cgroup/unified 2>/dev/null || true # crun refuses a host with both cgroup versions
export PODMAN_IGNORE_CGROUPSV1_WARNING=1
mkdir -p /etc/containers /tmp/image/bin
cp /bin/busybox /tmp/image/bin/busybox
{ echo '[network]'; echo "network_backend = \"$1\""; [ -z "${2:-}" ] || echo "firewall_driver = \"$2\""
  echo '[engine]'; echo 'cgroup_manager = "cgroupfs"'; echo 'events_logger = "file"'
  echo '[containers]'; echo 'cgroups = "disabled"'; echo 'log_driver = "k8s-file"'; } > /etc/containers/containers.conf
printf '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/run/containers/graph"\n' > /etc/containers/storage.conf
tar -C /tmp/image -cf - . | podman import - busybox:local
podman network create --subnet 10.90.0.0/24 --ipv6 --subnet 2001:db8:90::/64 backend
start() { podman run -d "$@" busybox:local /bin/busybox sleep 100000; }
start --name web -p 8080:80
start --name dns --network backend -p 192.0.2.10:5353:53/udp -p 8443:443
