"""Lets `python -m radloom.cli` be `radloom`."""

from radloom.cli import main

if __name__ == "__main__":
    main()
