# ufw as Debian installs it, enabled: it drops what it was not told to allow, and denies PostgreSQL by name.
sed -i 's,^IPT_SYSCTL=.*,IPT_SYSCTL=,' /etc/default/ufw
ufw --force enable
ufw allow 22/tcp
ufw deny 5432/tcp
