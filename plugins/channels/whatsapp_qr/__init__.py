"""WhatsApp on somebody's own phone, paired by QR code through a GOWA gateway."""
