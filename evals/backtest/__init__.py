"""`plumbline backtest`: what the teammate would have done on a repository's history, and how sure it must be to act."""
