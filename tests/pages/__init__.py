"""What a report shows, made from recordings: for tests of reports, and for a browser."""
