"""No test has a time limit: machines are shared, and a slow one is not a wrong one."""

from hypothesis import settings

settings.register_profile("fondaco", deadline=None)
settings.load_profile("fondaco")
