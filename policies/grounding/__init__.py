"""Which part of the fused cloud a phrase speaks of."""
