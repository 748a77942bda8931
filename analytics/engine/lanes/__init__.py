"""Models of thousands of sparse yes/no columns beside the same covariates, eight columns to a vector register.

A column is called a gene and its rows with a yes are called carriers, because that is what it is in a scan; nothing
here knows more of either than their places in a table of rows at risk.
"""
