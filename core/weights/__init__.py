"""Trained numbers: what they are, where they are, how to get them.

- `catalogue`  what Facekey knows of: title, file, checksum, size, licence, source, purpose
- `store`      finds files in a list of folders, verifies them, reads arrays out of them
- `checksum`   SHA-256 of files, and the `SHA256SUMS` beside those that come with Facekey
- `files`      arrays in safetensors files
- `fetch`      one file over HTTP into a folder: resumable, checked, whole or not at all
- `device`     where numbers are crunched: cpu or cuda; the only module here that touches torch

May import `core.values`, `core.folders`, `core.errors`. Data goes from the catalogue's addresses into
the person's data folder, and from files into numpy arrays. Nothing here unpickles anything: `.pth` and
`.pt` files are handed out as paths, and adapters load them with `torch.load(..., weights_only=True)`.
"""
