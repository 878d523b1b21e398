"""What runs in the process apart: it opens strangers' files, and knows neither our database nor our settings."""
