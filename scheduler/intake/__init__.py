"""What offices bring in as files: district, people, instructions; later the cut-over of bookings."""
