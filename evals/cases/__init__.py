"""Cases as files: datasets that are reviewed like code, and pairs to fine-tune a model with."""
