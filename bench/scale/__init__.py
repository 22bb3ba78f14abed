"""How the whole grows: shippers, detectors, and a store of several nodes on one machine."""
