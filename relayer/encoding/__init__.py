"""Between dataclasses and protobuf: one mapping and one canonical form for every shape that is stored, sent or hashed."""
