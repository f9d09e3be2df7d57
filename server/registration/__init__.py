"""How somebody comes in: the five steps, the activation mail, the second parent."""
