"""``python -m inspector.cli``: the program without its console script."""

import sys

from inspector.cli import main

if __name__ == "__main__":
    sys.exit(main())
