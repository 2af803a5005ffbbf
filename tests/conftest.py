"""How property tests are run: each example takes the time that it takes, since machines differ in speed and load."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
