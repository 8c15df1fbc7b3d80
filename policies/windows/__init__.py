"""Windows of demonstrations for training; `policies/dataset.py` is the door."""
