"""Content Credentials: the provenance statement as a signed C2PA manifest.

The key is this person's own: an ES256 key with a self-made chain of two certificates, made once and
kept in the user's data folder. Readers call such a manifest valid and its signer unknown; what it
proves is that the file was not altered since.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ExportError
from core.export.provenance import SOURCE_TYPE, tool_name
from core.folders import data_folder
from core.media.atomic import part_of
from core.media.source import readable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

_YEARS = 10
_KEY, _CHAIN = "signing_key.pem", "signing_chain.pem"
_WITHOUT = "Turn provenance off for this export, or make that folder writable."


class FileSigner:
    """Signs finished files. Making one reads or creates the person's key; raises `ExportError`."""

    def __init__(self, folder: Path | None = None) -> None:
        import c2pa

        folder = folder or data_folder() / "provenance"
        try:
            key, chain = _key_and_chain(folder)
        except (OSError, ValueError) as error:
            raise ExportError(f"The signing key in '{folder}' cannot be used ({error})", _WITHOUT) from error
        try:
            self._signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, None))
        except Exception as error:  # the library raises an error class of its own per cause
            raise ExportError(f"The signing key in '{folder}' is not accepted ({error})", _WITHOUT) from error

    def __enter__(self) -> FileSigner:
        return self

    def __exit__(self, *_: object) -> None:
        self._signer.close()

    def sign(self, source: Path, target: Path, title: str) -> None:
        """Write `source` with its manifest to `target`; both names end like the format. Raises `ExportError`."""
        with self._builder(title) as builder:
            builder.sign_file(source, target, self._signer)

    def signed(self, data: bytes, mime: str, title: str) -> bytes:
        """A whole file in memory, with its manifest. Raises `ExportError`."""
        result = BytesIO()
        with self._builder(title) as builder:
            builder.sign(self._signer, mime, BytesIO(data), result)
        return result.getvalue()

    @contextmanager
    def _builder(self, title: str) -> Iterator[Any]:
        import c2pa

        name, _, number = tool_name().partition(" ")
        action = {"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE}
        manifest = {
            "title": readable(title),
            "claim_generator_info": [{"name": name, **({"version": number} if number else {})}],
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}],
        }
        try:
            with c2pa.Builder(manifest) as builder:
                yield builder
        except Exception as error:  # the library raises an error class of its own per cause
            raise ExportError(
                f"'{title}' cannot be signed ({error})", "Check that the disk has room, or turn provenance off."
            ) from error


def _key_and_chain(folder: Path) -> tuple[bytes, bytes]:
    """The person's key and certificates as PEM, made when there are none or they are about to expire."""
    from cryptography import x509

    key_file, chain_file = folder / _KEY, folder / _CHAIN
    if key_file.is_file() and chain_file.is_file():
        key, chain = key_file.read_bytes(), chain_file.read_bytes()
        leaf = x509.load_pem_x509_certificates(chain)[0]
        if leaf.not_valid_after_utc > datetime.now(UTC) + timedelta(days=30):
            return key, chain
    key, chain = _made_chain()
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in ((key_file, key), (chain_file, chain)):
        with part_of(path) as part:
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
    return key, chain


def _made_chain() -> tuple[bytes, bytes]:
    """A new key, and its certificate followed by the one that signed it (C2PA 2.1, section 14.5)."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _certificate("Facekey local authority", authority, "Facekey local authority", authority, authority=True)
    leaf = _certificate("Facekey user", own, "Facekey local authority", authority, authority=False)
    pem = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, leaf.public_bytes(Encoding.PEM) + root.public_bytes(Encoding.PEM)


def _certificate(
    name: str, key: EllipticCurvePrivateKey, issuer: str, issuer_key: EllipticCurvePrivateKey, *, authority: bool
) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(common: str) -> x509.Name:
        parts = ((NameOID.ORGANIZATION_NAME, "Facekey"), (NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])

    now = datetime.now(UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
         "decipher_only"),
        False,
    )  # fmt: skip
    usage |= {"digital_signature": True, "key_cert_sign": authority, "crl_sign": authority}
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(authority, 0 if authority else None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(issuer_key, SHA256())
