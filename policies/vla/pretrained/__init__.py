"""RT-2 on a pretrained backbone: an image-and-text model that has seen the web learns to write actions as tokens."""
