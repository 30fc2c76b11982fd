"""Private keys for the tests of signatures, made once a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from newsletter.settings.values import DkimKey


@cache
def pem(kind: str) -> bytes:
    """Return a key of a kind: `rsa2048`, `rsa1024`, `rsa512`, `ed25519`, `ec`; `locked` and `public` are RSA keys."""
    makers = {
        "ed25519": Ed25519PrivateKey.generate,
        "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
        "rsa512": _too_short,
        "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
    }
    private = makers.get(kind, lambda: rsa.generate_private_key(65537, 2048))()
    if kind == "public":
        return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    lock = BestAvailableEncryption(b"secret") if kind == "locked" else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def _too_short() -> rsa.RSAPrivateKey:
    """Return a key of 512 bits, which `cryptography` makes none of any more."""
    p, q = (
        next(n for n in range(start, start + 9999, 2) if pow(3, n - 1, n) == 1)
        for start in (3 << 254 | 1, 7 << 253 | 1)
    )
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e=65537, n=p * q)
    numbers = rsa.RSAPrivateNumbers(
        p=p, q=q, d=d, dmp1=d % (p - 1), dmq1=d % (q - 1), iqmp=pow(q, -1, p), public_numbers=public
    )
    return numbers.private_key()


def key(folder: Path, selector: str, kind: str) -> DkimKey:
    """Return the setting of a key of a kind, in a file in *folder*."""
    file = folder / f"{selector}.pem"
    file.write_bytes(pem(kind))
    return DkimKey(selector, file)
