"""The offer as agents read and change it."""

from server.offers.service.capacities import put_capacity
from server.offers.service.editing import Editor, put_activity, put_unit
from server.offers.service.reading import offer_of

__all__ = ["Editor", "offer_of", "put_activity", "put_capacity", "put_unit"]
