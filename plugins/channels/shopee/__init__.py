"""Shopee: chats with buyers, and their orders."""
