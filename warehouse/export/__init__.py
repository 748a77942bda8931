"""What leaves the warehouse: tables as CSV, values as people read them, small counts made coarser."""
