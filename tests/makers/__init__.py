"""Other makers' rules, as their own programs write them."""
