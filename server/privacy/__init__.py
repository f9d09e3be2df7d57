"""One's own data: reading them, closing an account, being forgotten, and how long anything is kept."""
