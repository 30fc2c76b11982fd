"""Write the golden pages, mails and boxes anew; look at the difference before committing it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from golden_pages import GOLDEN, rendered

for name, body in rendered().items():
    path = GOLDEN / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    print(path)
