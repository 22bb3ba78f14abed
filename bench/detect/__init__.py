"""What a pass and a training cost on a store with very many clients: `python -m bench.detect`."""
