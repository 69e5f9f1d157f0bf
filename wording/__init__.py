"""Put evidence and reasons into words, out of rows of numbers: all that people read of rings, scores and cases."""
