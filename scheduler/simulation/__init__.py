"""One simulated working day of the demonstration district, on a virtual now, through the real use cases."""
