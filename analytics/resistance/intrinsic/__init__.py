"""Loss that was there before treatment: who carries it, and how often."""
