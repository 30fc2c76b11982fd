"""
What a reader's message costs before it is handed in: filled, and signed by DKIM. `python benchmarks/bench_signing.py`.

All but the signature must cost little beside it: the promise is 0.8 of one core's `openssl speed rsa2048`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from dkim_keys import key
from render import samples

from newsletter.delivery.dkim import Signer
from newsletter.render.mail import issue_mail
from newsletter.render.message import Imprint, fill, freeze

MESSAGES, ROUNDS = 500, 9
SHORT = b"From: a@example.org\r\n\r\n"
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def microseconds(work: Callable[[int], object]) -> float:
    """Return the median processor time of *work* for a message, as `openssl speed` has it."""
    times = []
    for _ in range(ROUNDS):
        start = process_time()
        for number in range(MESSAGES):
            work(number)
        times.append(process_time() - start)
    return median(times) / MESSAGES * 1e6


def _signed(sign: Callable[..., bytes], mails: list[bytes], tokens: list[str], number: int) -> bytes:
    return sign(mails[number], at=NOW, leave=tokens[number])


def main() -> None:
    day = samples.TODAY.isoformat()
    imprint = Imprint(uid=samples.ISSUE.uid, **samples.WHOSE, page=samples.LINKS.home(), kind="issue", key=day)
    frozen = freeze(issue_mail(samples.ISSUE, **samples.WHOSE), imprint)
    tokens = [f"{number:056}" for number in range(MESSAGES)]

    def filled(number: int) -> bytes:
        to, message_id = f"reader-{number}@example.net", f"<{number}@example.org>"
        return fill(frozen, to=to, message_id=message_id, date=NOW, leave=tokens[number])

    mails = [filled(number) for number in range(MESSAGES)]
    print(f"fill {len(mails[0]):,} bytes: {microseconds(filled):6.1f} µs")
    with TemporaryDirectory() as folder:
        for kind in ("rsa2048", "ed25519"):
            sign = Signer([key(Path(folder), kind, kind)], "example.org").sign
            whole = microseconds(partial(_signed, sign, mails, tokens))
            short = microseconds(partial(_signed, sign, [SHORT] * MESSAGES, tokens))
            print(f"sign by {kind}: {whole:6.1f} µs; a message without headers and body {short:6.1f} µs")
    said = subprocess.run(["openssl", "speed", "-seconds", "1", "rsa2048"], capture_output=True, text=True, check=False)
    if found := re.search(r"rsa 2048 bits\s+([\d.]+)s", said.stdout):
        print(f"openssl speed rsa2048: {float(found[1]) * 1e6:6.1f} µs a signature")


if __name__ == "__main__":
    main()
