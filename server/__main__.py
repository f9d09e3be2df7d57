"""The command line: ``python -m server …``, installed as ``portail``."""

import sys

from server.command_line import main

if __name__ == "__main__":
    sys.exit(main())
