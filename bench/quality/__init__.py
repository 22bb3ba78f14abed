"""What the detector finds and misses, on logs and attack styles that training never saw: `python -m bench.quality`."""
