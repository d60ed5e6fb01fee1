"""What happened on site: recorded step by step, corrected with a reason, never erased."""
