"""`python -m glasshouse`, and the `glasshouse` script."""

from glasshouse.cli.app import main

if __name__ == "__main__":
    main()
