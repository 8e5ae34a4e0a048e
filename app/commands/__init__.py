"""One module per command of `facekey`.

Each has `NAME`, `HELP`, `add_arguments(parser)` and `run(arguments) -> int`. They import what is heavy
inside `run`, so that `facekey --help` answers at once. No Qt in here.
"""
