"""What offices bring in as files: district, people, instructions; each row is kept or told why not."""
