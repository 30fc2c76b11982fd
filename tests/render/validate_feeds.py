"""
Ask the W3C's feed validator about every feed, archive document and list that two archives print.

`FEEDVALIDATOR_SRC=/path/to/feedvalidator/src python tests/render/validate_feeds.py`, with a checkout of
https://github.com/w3c/feedvalidator; it wants lxml, html5lib and rdflib in the Python that runs it, which
`FEEDVALIDATOR_PYTHON` names if it is another one. Prints what it finds, and exits 1 if that is anything at all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

import structlog  # noqa: E402 -- as below
from whole_archives_printed import printed, printed_archive  # noqa: E402 -- the archives live with the tests

DAYS = {"starter": 188, "hostile": 60}
#: It does not know JSON Feed, nor calendars.
KNOWN = (".rss", ".atom", ".opml")
#: Asks about each file of a list of names, media types and addresses, and tells what is found in all of them.
ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
import feedvalidator
from feedvalidator.logging import Error, Info, Warning
found = []
for file, media_type, address in json.load(open(sys.argv[2])):
    with open(file, "rb") as document:
        events = feedvalidator.validateStream(document, contentType=media_type, base=address)["loggedEvents"]
    for kind in (Error, Warning, Info):
        told = [each for each in events if isinstance(each, kind)]
        found += [(kind.__name__, type(each).__name__, address, str(each.params)[:300]) for each in told]
print(json.dumps(found))
"""


def main() -> int:
    source = os.environ.get("FEEDVALIDATOR_SRC")
    if not source or not (Path(source) / "feedvalidator").is_dir():
        print("FEEDVALIDATOR_SRC names no checkout's src: git clone https://github.com/w3c/feedvalidator")
        return 2
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    python = os.environ.get("FEEDVALIDATOR_PYTHON", sys.executable)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        asked = []
        for name, days in DAYS.items():
            with printed_archive(name, folder, days) as room:
                found = {path: each for path, each in printed(room).items() if path.endswith(KNOWN)}
            print(f"{name}: {len(found)} documents", flush=True)
            for number, (path, each) in enumerate(found.items()):
                file = folder / f"{name}-{number}"
                file.write_bytes(each.body)
                asked.append((str(file), each.media_type, f"https://dose.example.org/{path}"))
        (folder / "asked.json").write_text(json.dumps(asked))
        done = subprocess.run(
            [python, "-c", ASK, source, str(folder / "asked.json")], stdout=subprocess.PIPE, check=True, text=True
        )
    events = json.loads(done.stdout.splitlines()[-1])
    for event in events:
        print(*event)
    counts = {kind: sum(event[0] == kind for event in events) for kind in ("Error", "Warning", "Info")}
    print(f"{len(asked)} documents: {counts}")
    return 1 if events else 0


if __name__ == "__main__":
    sys.exit(main())
