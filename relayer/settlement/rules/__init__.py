"""PURE: for each concept, which events a command leads to (decide) and what an event does to the state (apply).

Money never moves here: a payment is recorded with its evidence. Whatever is promised to a payment, a dispute or a cycle is
held on the liability first, so that nothing can be paid, netted, credited or disputed twice. Time comes with each command.
"""
