"""Reports: result tables in, one self-contained HTML document out. Nothing is estimated here that a table "
"already holds."""
