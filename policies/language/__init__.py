"""What a sentence means: the typed program and the parsers that write it."""
