"""What a person meets: the command line now, the window on top of it.

`cli` the command line (no Qt), `commands` one module per command. May import `core`; never a
concrete engine, which is named as a string and made by the registry.
"""
