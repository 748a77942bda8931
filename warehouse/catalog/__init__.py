"""Files of the catalogue as the warehouse reads them: analyses, scans, reports, protein domains."""
