"""Cox's partial likelihood: risk sets, value and derivatives, compiled kernels, Newton, Firth's penalty."""
