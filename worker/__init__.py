"""arq: settings, jobs, schedule. Each job calls one verb of the teammate."""
