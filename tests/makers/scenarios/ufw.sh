# ufw as Debian installs it, enabled, with an allow, a limit, a deny, a routed rule and an application's name.
# IPT_SYSCTL is emptied: the host's sysctls are the lab's business.
sed -i 's,^IPT_SYSCTL=.*,IPT_SYSCTL=,' /etc/default/ufw
ufw --force enable
ufw allow 22/tcp comment 'administration'
ufw limit 2222/tcp
ufw deny from 203.0.113.0/24
ufw allow from 2001:db8:1::/64 to any port 443 proto tcp
ufw route allow in on eth0 out on docker0 to any port 80 proto tcp
ufw logging low
