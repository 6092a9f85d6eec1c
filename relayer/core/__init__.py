"""The pure heart: what a packet is and what becomes of it. No clock, randomness, logging, socket or database."""
