"""What all tests share."""

import os

from hypothesis import settings

# No deadlines: a loaded machine is not a bug. In CI the same examples each time: a new one is for a person to meet.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
