"""PURE: the settlement domain. Facts become liabilities; payments, disputes and netting cycles settle them.

`decide` is the one door: (state, command, block time) -> entries of the log. Values, commands and events stand together by
concept in `model`, what each command leads to and each event does in `rules`. A database serves the state through `reader`,
`state` holds changes on top of it, and `log` is the one form in which entries, commands and records are hashed and stored.
"""
