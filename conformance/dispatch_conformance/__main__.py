"""`python -m dispatch_conformance`: the command line."""

import sys

from dispatch_conformance.entry import main

sys.exit(main())
