"""`python -m dispatch_conformance`: the command line."""

import sys

from dispatch_conformance.cli import main

sys.exit(main())
