"""What each command does: configuration, a call of the composition root, and words or JSON for the caller."""
