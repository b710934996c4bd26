"""What a command would do to a host, before it runs."""
