"""Whose day it is, as the booking desk asks and as devices hold it; entering a plan; asking the other parent for a day."""

from server.custody.service.asking import answer, ask, withdraw
from server.custody.service.entering import enter, plan_of, remove
from server.custody.service.reading import custody_rows, owners

__all__ = ["answer", "ask", "custody_rows", "enter", "owners", "plan_of", "remove", "withdraw"]
