"""What the teammate knows of a repository: chunking, queries, evidence. Pure."""
