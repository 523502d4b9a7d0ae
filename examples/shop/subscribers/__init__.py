"""Who hears of the shop's events: each calls itself by one name at the broker and at the shop."""
