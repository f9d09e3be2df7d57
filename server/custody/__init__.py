"""Shared custody: whose day it is, and asking the other parent for one of theirs."""
