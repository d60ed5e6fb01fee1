"""`python -m api.cli` is the command `inspection`, installed or not."""

from api.cli.commands import main

if __name__ == "__main__":
    main()
