"""What a person meets: the command line now, the window on top of it.

`cli` the command line (no Qt), `commands` one module per command; `interruption` Ctrl-C and its like,
`crash_log` what is kept of errors that nobody foresaw. May import `core`; never a concrete engine, which is
named as a string and made by the registry.
"""
