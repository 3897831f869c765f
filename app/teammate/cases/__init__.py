"""Cases: from a run that was judged wrong to an exam question, and back to nothing where people want that."""
