"""Tables of text from bytes: delimited files and workbooks, every row with its number and every doubt with its rule."""
