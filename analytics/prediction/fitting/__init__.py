"""The Cox model that predicts, its compiled loops, and refits in bootstrap samples."""
