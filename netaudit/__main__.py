"""`python -m netaudit`."""

from netaudit.cli import script

if __name__ == "__main__":
    script()
