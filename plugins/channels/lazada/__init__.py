"""Lazada: chats with buyers, and their orders."""
