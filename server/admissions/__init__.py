"""How the town lets families in: the billing base, the letters, accounts that are locked."""
