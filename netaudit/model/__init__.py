"""What there is: frozen values, compared by content, that know nothing of files, programs or reports."""
