"""Cox regression and what is read off its fit: Firth's penalty, variances, concordance, proportionality."""
