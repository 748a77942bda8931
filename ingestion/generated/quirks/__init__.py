"""What a data file cannot say without obscurity, as small functions that it names: values of a cell, samples of a
patient, tables whose cells depend on each other, and the biopsies of demo_pairs_2016."""
