"""The catalogue: what a user edits to say which cohorts exist and how their columns and words map.

One YAML file a cohort under ``catalog/cohorts``, the list of harmonised attributes in ``catalog/attributes.yaml``.
``cohorts`` and ``source_files`` are its models, ``loading`` reads and validates it: an error names the file, the key
and the remedy. Reading bytes (``fetching``), parsing them (``parsing``) and turning words into vocabulary (dbt) do not
belong here.
"""
