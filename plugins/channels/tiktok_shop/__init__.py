"""Tokopedia and TikTok Shop: chats with buyers, and their orders."""
