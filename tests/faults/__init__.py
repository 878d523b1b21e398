"""What was acknowledged survives kill -9 and power cuts."""
