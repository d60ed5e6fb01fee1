"""Add up the tests of several runs: `python -m tools.count_tests RESULT.xml...` prints one line.

The line is `N passed, N failed, N skipped`; exits 1 when a test failed, or when no test ran at all.
"""

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path


def count(results: list[Path]) -> Counter[str]:
    """Return how many tests passed, failed and were skipped, from pytest's JUnit files."""
    total: Counter[str] = Counter()
    for result in results:
        for suite in ET.parse(result).getroot().iter("testsuite"):  # noqa: S314 - written by our own test run
            tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            total += Counter(passed=tests - skipped - failed, failed=failed, skipped=skipped)
    return total


def main() -> int:
    """Print the sum of the files named on the command line."""
    total = count([Path(name) for name in sys.argv[1:] if Path(name).exists()])
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
