"""How large tables are kept in the published file: what repeats once, and a view that says it again."""
