"""What is handed in at the doors by mistake and on purpose: values, files, requests."""
