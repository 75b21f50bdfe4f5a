"""SMS: through Twilio, or through an Android phone of your own."""
