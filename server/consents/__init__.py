"""What a parent allows, and since when."""
