"""What is asked, and who is counted."""
