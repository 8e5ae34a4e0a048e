"""One module per command of `facekey`, and what they share: `controls` (channels, curves and sizes as words),
`output` (the options of an export, and running one), `console` (notes and progress on stderr).

A command has `NAME`, `HELP`, `add_arguments(parser)` and `run(arguments) -> int`, and is found by `app.cli`
because it has a `NAME`; an optional `ORDER` says where the help lists it (lower is earlier, 50 without
one). Commands import what is heavy inside `run`, so that `facekey --help` answers at once. No Qt in here.
"""
