"""The file formats of a job: how rows are read out of them and written."""
