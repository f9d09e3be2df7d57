"""Inscription: what a family asks to join, its papers, the town's answer, the waiting list. Nothing here books a day."""
