"""Measurements of the product against floors taken in the same run: `plumbline bench ...`."""
