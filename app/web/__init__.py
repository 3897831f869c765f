"""The web process: hears webhooks, says how it is, and shows pages to people."""
