"""Frames out, as files that a compositor takes in.

`plan` what is to be written, checked before the first frame is rendered (`formats` is the register of
what can be written); `run` pulls frames one at a time from any source into a writer: `video` (with
`sound`) or `sequence` (numbered pictures and single stills); `picture` fits a frame to the plan;
`provenance` says inside the file that it is synthetic, `signing` signs that statement (C2PA).
A file appears under its final name when it is whole, never before.
May import: `media`, `values`, `errors`; PyAV, OpenCV and c2pa when first used. Frames come in as
anything with `pixels` and `alpha`; nothing here knows of engines or documents.
"""
