"""What has been built or published, as it is read: frames for statistics, answers, reports, lineage, versions compared.
No Dagster, no estimators."""
