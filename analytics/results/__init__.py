"""Result tables: their columns and meanings, and rows on their way into them."""
