"""Resident memory of a process, without a library."""

from __future__ import annotations

import re
from pathlib import Path


def resident_bytes(process_id: int | None = None) -> int:
    """Resident memory in bytes, in steps of a kilobyte.

    Args:
        process_id: Whose; None for this process.

    Returns:
        Bytes; 0 where the system does not tell (not Linux).
    """
    status = Path("/proc") / ("self" if process_id is None else str(process_id)) / "status"
    if not status.exists():
        return 0
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
    return int(found.group(1)) * 1024 if found else 0
