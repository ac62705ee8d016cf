"""What is Newton's own."""
