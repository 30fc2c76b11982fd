"""Write the golden feeds anew; look at the difference before committing it."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import feed_samples

from newsletter.render.feeds import FORMATS

for fmt, write in FORMATS.items():
    path = Path(__file__).parent / "golden" / "feeds" / f"everything.{fmt}"
    path.write_bytes(write(feed_samples.one_of_everything()))
    print(path)
