"""Questions of genes and scans: checked against what the warehouse has, answered, written down."""
