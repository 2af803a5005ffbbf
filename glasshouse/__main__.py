"""`python -m glasshouse`, and the `glasshouse` script."""

import gc

gc.disable()  # what is imported stays: to look through it for garbage takes a seventh of the start

from glasshouse.cli.app import main  # noqa: E402

gc.enable()

if __name__ == "__main__":
    main()
