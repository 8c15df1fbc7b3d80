"""What a sentence is about, whatever its build: its things, places and verbs, put into plain words that the grammar reads."""
