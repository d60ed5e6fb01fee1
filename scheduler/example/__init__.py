"""The demonstration district: everything in it is made up and marked as an example."""
