"""How well predictions do: discrimination, calibration, error; corrected for optimism, and in other people."""
