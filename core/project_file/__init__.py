"""project_file."""
