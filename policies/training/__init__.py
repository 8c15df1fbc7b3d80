"""Training: what `handsight-train` is made of: samples and their order, the schedule, the averaged weights, the checkpoints."""
