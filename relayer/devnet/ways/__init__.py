"""One business process by each way into settlement: trips of six operators, as `relayer bench ways` measures and
`relayer demo --ways` shows them.

The modules `by_*` are the business logic, and worked examples: the pages count their lines.
"""
