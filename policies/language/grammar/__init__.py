"""The grammar and lexicon of the built-in English parser, from letters to steps."""
