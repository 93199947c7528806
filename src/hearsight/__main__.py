"""`python -m hearsight`, for programs that start modules, such as `accelerate launch`."""

import sys

from hearsight.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
