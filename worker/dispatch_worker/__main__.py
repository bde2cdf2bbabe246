"""`python -m dispatch_worker`: the same as `dispatch-worker`."""

import sys

from dispatch_worker.cli import main

sys.exit(main())
