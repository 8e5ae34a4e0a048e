"""One module per command of `facekey`.

Each has `NAME`, `HELP`, `add_arguments(parser)` and `run(arguments) -> int`, and is found by `app.cli`
because it has a `NAME`; an optional `ORDER` says where the help lists it (lower is earlier, 50 without
one). They import what is heavy inside `run`, so that `facekey --help` answers at once. No Qt in here.
"""
