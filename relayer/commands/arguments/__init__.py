"""Arguments of the command groups. A module is loaded when its group is called, so that `relayer --help` is quick."""
