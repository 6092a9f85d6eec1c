"""The pure core: what a packet is and how its state changes. No clock, randomness, logging, socket or database."""
