"""Packets: concrete and symbolic, through the hooks of a ruleset; zones and exposure."""
