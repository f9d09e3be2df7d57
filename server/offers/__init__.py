"""Agents create and change what the town offers: activities, units with their groups, openings, capacities."""
