"""What is said by text message, and the gateways that carry it: values in, values out, no clock, no rows."""
