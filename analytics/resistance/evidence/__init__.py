"""What is known of one sample when its genes are judged: allele fractions, copy number, and the verdict."""
