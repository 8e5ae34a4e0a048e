"""Names by which a document's parts are spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterable


def next_id(kind: str, ids: Iterable[str]) -> str:
    """`kind` and a number one above those of `ids`; ids of another form are left aside."""
    numbers = [int(match[1]) for each in ids if (match := re.fullmatch(rf"{kind}(\d{{1,9}})", each, re.ASCII))]
    return f"{kind}{1 + max(numbers, default=0)}"
