"""RT-2's way: one model reads every sensor and the sentence, and writes actions as tokens."""
