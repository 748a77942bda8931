"""How people reach the warehouse. Thin: what is answered is decided in ``warehouse`` and ``analytics``."""
