"""Images and compose files, really built and run. Needs root and Docker; `make test-containers`."""
