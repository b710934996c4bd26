"""Which netaudit this is."""

RELEASE = "0.2.0"
