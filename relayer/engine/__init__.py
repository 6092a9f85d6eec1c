"""The only code that waits: it watches ledgers, journals what they tell, and submits what the lifecycle asks for."""
