"""Generated protobuf and gRPC code, never edited, and the one door to the modules that cosmpy ships."""
