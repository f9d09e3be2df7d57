"""Who came: day lists that agents tick, and absences that parents declare."""
