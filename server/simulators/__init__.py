"""Honest local stand-ins for the outside world, over real sockets: for the demo and the tests."""
