"""Who looked at or changed what in a family's file."""
