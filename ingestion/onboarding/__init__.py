"""A cohort file proposed from the tables themselves: what a person then reads, corrects and completes."""
