"""Facekey's core: everything but the window. No Qt below this package.

Imports point one way (a test runs the contract in `pyproject.toml`):

    app -> export, motion, training, evaluation, bench -> rendering -> generation | perception
        -> head, weights, media -> animation | project_file -> document -> values -> errors

- `values`        frozen values everybody speaks in: time, geometry, pictures, progress
- `document`      what the artist edits: portraits, layers, tracks, channels; edits are pure functions
- `animation`     curves and their evaluation: (document, frame) -> `FaceState`
- `project_file`  the document on disk: atomic, versioned, with autosave
- `media`         photos, clips and sound as they come in
- `weights`       trained numbers: where they are, what they are, how to get them
- `head`          the 3D head: topology, canonical space, pose, the 52 shapes, the solver
- `perception`    finding faces, their points, identity and matte in pictures and clips
- `generation`    engines: a prepared subject and a `FaceState` in, pixels out
- `rendering`     requests, cache and composition: `FaceState` -> the frame that is shown or written
- `motion`        performances: from clips and CSVs into curves
- `export`        frames -> files a compositor can use
- `evaluation`, `bench`   how good, how fast, by committed protocols

Below them all: `errors`, what a person can act on, and `folders`, where files are and go.
"""
