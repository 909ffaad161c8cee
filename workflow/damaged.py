"""Name the results that are not as they were written: ``python -m workflow.damaged`` in the folder where they are."""

import sys
from pathlib import Path

from workflow.stragglers.support.sealed import damaged

if __name__ == "__main__":
    files = list(damaged(Path("results")))
    print("\n".join(map(str, files)) or "Every result is as it was written.")
    sys.exit(bool(files))
