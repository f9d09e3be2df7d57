"""PF-Sync 1, the protocol in pure Python. Its twin in TypeScript stands beside each file; README.md says why and how.

Nothing here reads a clock, draws a number, or touches a network or a store: time, chance and state are arguments.
"""
