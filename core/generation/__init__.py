"""Engines: what makes pictures of a face in a given state.

`protocol` what every engine answers to; `registry` the engines by name (built in, and the entry-point
group `facekey.engines`); one folder per engine, each whole in itself. May import: `head`, `weights`,
`media`, `animation`, `document`, `values`. Never `perception` or `rendering`: what an engine needs of
the portrait arrives in its `Subject`.
"""
