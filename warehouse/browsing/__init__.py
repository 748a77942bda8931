"""What a reader leafs through in a published file: genes, cohorts, claims, scans, statistics, tables, versions."""
