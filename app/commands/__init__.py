"""What the commands of `plumbline` do: composition and printing, no rules."""
