"""What has been published, as it is read: versions of the file opened and compared. No Dagster, no estimators."""
