"""Write the table of the shipped fits into `docs/calibration.md`, from what stands recorded in the market files.

python docs/measure_fits.py            writes it
python docs/measure_fits.py --check    says whether it is current
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "calibration.md"
BEGIN, END = "<!-- fits: begin -->", "<!-- fits: end -->"
_COMMAND = re.compile(r"^# Fitted by `(journey calibrate [^`]+)`", re.MULTILINE)
_FIGURE = re.compile(r"^#   (\w+) ([\d.,]+(?: %)?), ([\d.,]+(?: %)?)( \(not met\))?$", re.MULTILINE)


def table() -> str:
    """Return the table: a row for every figure that a shipped market was fitted to."""
    lines = ["| market | figure | wanted | found |", "| --- | --- | ---: | ---: |"]
    for path in sorted((ROOT / "configs" / "market").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        if not _COMMAND.search(text):
            continue
        for metric, wanted, found, missed in _FIGURE.findall(text):
            link = f"[`{path.stem}`](../configs/market/{path.name})"
            lines.append(f"| {link} | `{metric}` | {wanted} | {found}{missed} |")
    return "\n".join(lines)


def main() -> int:
    """Write or check the table."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if "--check" in sys.argv:
        if new != text:
            print("docs/calibration.md is not current; run: python docs/measure_fits.py", file=sys.stderr)
        return int(new != text)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
