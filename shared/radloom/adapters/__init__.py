"""The only modules that import I/O libraries; each implements a port of `radloom.ports`."""
