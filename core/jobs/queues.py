"""The queues' names, few on purpose; apart, so that the command line can name them cheaply."""

NOW = "now"
BULK = "bulk"
QUEUES = (NOW, BULK)
