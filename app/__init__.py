"""The GitHub App: what it hears, knows, decides and does."""
