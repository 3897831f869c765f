"""A stateful simulated GitHub, served over real HTTP: for trying the teammate, replaying threads and testing it."""
