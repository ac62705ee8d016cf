"""Start Scene Inspector from a checkout: ``python main.py [FILE]``."""

import sys

from inspector.__main__ import start

if __name__ == "__main__":
    sys.exit(start())
