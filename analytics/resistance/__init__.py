"""How tumours escape: pairs of samples, loss of function with loss of the other allele, acquired and intrinsic."""
