"""One model of every gene each: what a scan's blocks of columns are made of."""
