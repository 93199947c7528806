"""Index on many machines with Ray. This package needs the extra hearsight[ray]."""

import os

# Ray reads these when it is imported. A program for private videos sends no usage reports; Ray's messages on the screen
# are also in its logs; and a thread of Ray Data that outlives an interrupted run must not join the cluster again.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
