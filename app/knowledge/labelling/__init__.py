"""Labelling: which labels a thread gets, learnt from history, from our own examples and from the prompt's hints."""
