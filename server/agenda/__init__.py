"""A parent's planning for a calendar of their own: an ICS subscription at a secret address."""
