"""Say which code changed since the results in this folder were made: ``python -m workflow.changed``."""

from pathlib import Path

from workflow.stragglers.support.changes import changes

if __name__ == "__main__":
    lines = list(changes(Path(__file__).parent / "scripts"))
    print("\n".join(lines or ["No code changed that results were made with."]))
