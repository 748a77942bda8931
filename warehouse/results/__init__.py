"""What was computed, on its way into a version and back: folders, tables and views of ``stats``, lineage."""
