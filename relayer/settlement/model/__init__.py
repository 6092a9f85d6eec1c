"""PURE: values, commands and events of the settlement ledger, by concept. Names and fields are those of the proto files."""
