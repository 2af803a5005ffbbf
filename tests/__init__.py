"""Makes `python -m tests.support...` mean this folder: a library ships a package named tests too."""
