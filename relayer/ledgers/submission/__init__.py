"""What every submitter shares: batches and gas."""
