"""`python -m scheduler` runs the clock."""

from scheduler.clock.run import run_clock
from scheduler.settings import Settings

if __name__ == "__main__":
    run_clock(Settings())
