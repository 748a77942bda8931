"""The language of biomarkers: what can be asked, how it is written, what its groups are called."""
