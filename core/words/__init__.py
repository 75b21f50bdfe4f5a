"""Words in the reader's language: sentences that translate themselves, catalogues, extraction."""

from core.words.sentence import Sentence, say, say_many, told

__all__ = ["Sentence", "say", "say_many", "told"]
