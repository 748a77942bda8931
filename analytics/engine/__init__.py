"""Numerical machinery that every kind of analysis calls: likelihoods, risk sets, exact tests, multiplicity, numbers.

DataFrames, endpoints and words for readers do not belong here: functions take arrays and give arrays. A method with a
name of its own (a hazard ratio, a nomogram, a signature refit) stays in its room and calls this one.

The Cox partial likelihood is written twice, and tests hold the two against each other: `cox.likelihood` is the readable
reference (NumPy, any ties, strata, delayed entry, all derivatives), used wherever one model is fitted at a time; the
compiled family is `cox.kernels` for a dense design (resampled people, null models) and `lanes` for thousands of sparse
yes/no columns beside the same covariates.
"""
