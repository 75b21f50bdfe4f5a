"""Smart Reply: bots that answer what customers write."""
