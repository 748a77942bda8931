"""What of a published version may be given to others, in the form in which it is given."""
